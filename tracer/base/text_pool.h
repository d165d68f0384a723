/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text_pool.h - the texts and arrays of a report, freed all at once.
 */
#ifndef ANALYZERS_TEXT_POOL_H
#define ANALYZERS_TEXT_POOL_H

#include <stddef.h>

struct text_pool {
	struct text_pool_block *blocks;
	int error; /* -ENOMEM once something did not fit */
};

/** A text made as by printf. Never NULL: "" when there is no memory (then `error` is set). */
const char *text_pool_format(struct text_pool *pool, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** Zeroed room for `count` objects. NULL when there is no memory (then `error` is set). */
void *text_pool_array(struct text_pool *pool, size_t count, size_t size);

void text_pool_fini(struct text_pool *pool);

#endif
