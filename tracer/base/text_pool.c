/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text_pool.c - see text_pool.h.
 */
#include "text_pool.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct text_pool_block {
	struct text_pool_block *next;
	max_align_t data[];
};

static void *block_add(struct text_pool *pool, size_t size)
{
	struct text_pool_block *block = calloc(1, sizeof(*block) + size);

	if (!block) {
		pool->error = -ENOMEM;
		return NULL;
	}
	block->next = pool->blocks;
	pool->blocks = block;
	return block->data;
}

const char *text_pool_format(struct text_pool *pool, const char *format, ...)
{
	va_list args;
	char *text;
	int length;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0 || !(text = block_add(pool, (size_t)length + 1)))
		return "";
	va_start(args, format);
	vsnprintf(text, (size_t)length + 1, format, args);
	va_end(args);
	return text;
}

void *text_pool_array(struct text_pool *pool, size_t count, size_t size)
{
	return block_add(pool, (count ? count : 1) * size);
}

void text_pool_fini(struct text_pool *pool)
{
	for (struct text_pool_block *block = pool->blocks, *next; block; block = next) {
		next = block->next;
		free(block);
	}
	pool->blocks = NULL;
}
