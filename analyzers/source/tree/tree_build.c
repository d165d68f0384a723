/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tree_build.c - see tree_build.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tree_build.h"
#include "tree_check.h"

/* Makes room for `more` elements behind *count. */
static bool grow(struct tree_build *b, void *array, uint32_t *cap, uint32_t count, uint32_t more,
                 size_t element)
{
	void **at = array;
	uint64_t want = *cap ? *cap : 256;
	void *p;

	if (b->err)
		return false;
	if (count + (uint64_t)more <= *cap)
		return true;
	while (want < count + (uint64_t)more)
		want *= 2;
	p = want > UINT32_MAX / 2 ? NULL : realloc(*at, want * element);
	if (!p) {
		b->err = -ENOMEM;
		return false;
	}
	*at = p;
	*cap = (uint32_t)want;
	return true;
}

static uint32_t text_hash(const char *text, size_t size)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < size; i++)
		h = (h ^ (unsigned char)text[i]) * 16777619u;
	return h;
}

static bool table_grow(struct tree_build *b)
{
	uint32_t size = b->table_size ? b->table_size * 2 : 512;
	uint32_t *table = calloc(size, sizeof(*table));

	if (!table) {
		b->err = -ENOMEM;
		return false;
	}
	for (uint32_t id = 1; id < b->string_count; id++) {
		const char *s = b->bytes + b->string_at[id];
		uint32_t at = text_hash(s, strlen(s)) & (size - 1);

		while (table[at])
			at = (at + 1) & (size - 1);
		table[at] = id;
	}
	free(b->table);
	b->table = table;
	b->table_size = size;
	return true;
}

static uint32_t string_add(struct tree_build *b, const char *text, size_t size)
{
	if (!grow(b, &b->string_at, &b->string_cap, b->string_count, 1, sizeof(*b->string_at)) ||
	    !grow(b, &b->bytes, &b->byte_cap, b->byte_count, (uint32_t)size + 1, 1))
		return 0;
	b->string_at[b->string_count] = b->byte_count;
	memcpy(b->bytes + b->byte_count, text, size);
	b->bytes[b->byte_count + size] = '\0';
	b->byte_count += size + 1;
	return b->string_count++;
}

uint32_t tree_build_node(struct tree_build *b, struct tree_node node)
{
	if (!grow(b, &b->nodes, &b->node_cap, b->node_count, 1, sizeof(*b->nodes)))
		return 0;
	b->nodes[b->node_count] = node;
	return b->node_count++;
}

uint32_t tree_build_string(struct tree_build *b, const char *text, size_t size)
{
	uint32_t at;

	if (!b->string_count)
		string_add(b, "", 0);
	if (b->err || !size || size > 4096 || memchr(text, '\0', size))
		return 0;
	if (b->string_count * 2 >= b->table_size && !table_grow(b))
		return 0;
	for (at = text_hash(text, size) & (b->table_size - 1); b->table[at];
	     at = (at + 1) & (b->table_size - 1)) {
		const char *s = b->bytes + b->string_at[b->table[at]];

		if (!strncmp(s, text, size) && !s[size])
			return b->table[at];
	}
	return b->table[at] = string_add(b, text, size);
}

void tree_build_waiver(struct tree_build *b, uint32_t line, const char *text, size_t size)
{
	uint32_t cap = b->waiver_count;

	if (!grow(b, &b->waivers, &cap, b->waiver_count, 1, sizeof(*b->waivers)))
		return;
	b->waivers[b->waiver_count++] =
		(struct tree_waiver){line, tree_build_string(b, text, size)};
}

void tree_build_append(struct tree_build *b, uint32_t parent, uint32_t *tail, uint32_t child)
{
	if (b->err || !child)
		return;
	if (*tail)
		b->nodes[*tail].next = child;
	else
		b->nodes[parent].first = child;
	*tail = child;
}

int tree_build_finish(struct tree_build *b, int err, struct tree **out)
{
	struct tree *tree = err ? NULL : calloc(1, sizeof(*tree));

	free(b->table);
	if (!err)
		tree_build_string(b, "", 0);
	if (!err && b->err)
		err = b->err;
	if (!err && !tree)
		err = -ENOMEM;
	if (err) {
		free(tree);
		free(b->nodes);
		free(b->string_at);
		free(b->bytes);
		free(b->waivers);
		return err;
	}
	*tree = (struct tree){.nodes = b->nodes,
	                      .node_count = b->node_count,
	                      .string_count = b->string_count,
	                      .string_at = b->string_at,
	                      .bytes = b->bytes,
	                      .waivers = b->waivers,
	                      .waiver_count = b->waiver_count,
	                      .error_line = b->error_line,
	                      .too_deep = b->too_deep};
	if (!tree_check(tree)) {
		tree_free(tree);
		return -EINVAL;
	}
	*out = tree;
	return 0;
}
