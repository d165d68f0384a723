/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_build.c - the tables that the lowering fills, and what both its halves use.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "python_lower.h"
#include "source/tree/tree_check.h"

/* Makes room for `more` elements behind *count. */
static bool grow(struct lowering *l, void *array, uint32_t *cap, uint32_t count, uint32_t more,
                 size_t element)
{
	void **at = array;
	uint64_t want = *cap ? *cap : 256;
	void *p;

	if (l->err)
		return false;
	if (count + (uint64_t)more <= *cap)
		return true;
	while (want < count + (uint64_t)more)
		want *= 2;
	p = want > UINT32_MAX / 2 ? NULL : realloc(*at, want * element);
	if (!p) {
		l->err = -ENOMEM;
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

static bool table_grow(struct lowering *l)
{
	uint32_t size = l->table_size ? l->table_size * 2 : 512;
	uint32_t *table = calloc(size, sizeof(*table));

	if (!table) {
		l->err = -ENOMEM;
		return false;
	}
	for (uint32_t id = 1; id < l->string_count; id++) {
		const char *s = l->bytes + l->string_at[id];
		uint32_t at = text_hash(s, strlen(s)) & (size - 1);

		while (table[at])
			at = (at + 1) & (size - 1);
		table[at] = id;
	}
	free(l->table);
	l->table = table;
	l->table_size = size;
	return true;
}

static uint32_t string_add(struct lowering *l, const char *text, size_t size)
{
	if (!grow(l, &l->string_at, &l->string_cap, l->string_count, 1, sizeof(*l->string_at)) ||
	    !grow(l, &l->bytes, &l->byte_cap, l->byte_count, (uint32_t)size + 1, 1))
		return 0;
	l->string_at[l->string_count] = l->byte_count;
	memcpy(l->bytes + l->byte_count, text, size);
	l->bytes[l->byte_count + size] = '\0';
	l->byte_count += size + 1;
	return l->string_count++;
}

uint32_t lowering_string(struct lowering *l, const char *text, size_t size)
{
	uint32_t at;

	if (!l->string_count)
		string_add(l, "", 0);
	if (l->err || !size || size > 4096 || memchr(text, '\0', size))
		return 0;
	if (l->string_count * 2 >= l->table_size && !table_grow(l))
		return 0;
	for (at = text_hash(text, size) & (l->table_size - 1); l->table[at];
	     at = (at + 1) & (l->table_size - 1)) {
		const char *s = l->bytes + l->string_at[l->table[at]];

		if (!strncmp(s, text, size) && !s[size])
			return l->table[at];
	}
	return l->table[at] = string_add(l, text, size);
}

static uint16_t clamp(uint32_t n)
{
	return n < 0xffff ? (uint16_t)n : 0xffff;
}

uint32_t lowering_node_at(struct lowering *l, enum tree_kind kind, TSNode where)
{
	TSPoint start = ts_node_start_point(where), end = ts_node_end_point(where);

	if (!grow(l, &l->nodes, &l->node_cap, l->node_count, 1, sizeof(*l->nodes)))
		return 0;
	l->nodes[l->node_count] = (struct tree_node){.kind = kind,
	                                             .col = clamp(start.column),
	                                             .line = start.row + 1,
	                                             .lines = clamp(end.row - start.row),
	                                             .end = clamp(end.column)};
	return l->node_count++;
}

uint32_t lowering_node(struct lowering *l, enum tree_kind kind)
{
	return lowering_node_at(l, kind, ts_tree_cursor_current_node(&l->cursor));
}

void lowering_waiver(struct lowering *l, uint32_t line, const char *text, size_t size)
{
	uint32_t cap = l->waiver_count;

	if (!grow(l, &l->waivers, &cap, l->waiver_count, 1, sizeof(*l->waivers)))
		return;
	l->waivers[l->waiver_count++] = (struct tree_waiver){line, lowering_string(l, text, size)};
}

enum symbol lowering_symbol(struct lowering *l)
{
	TSNode node = ts_tree_cursor_current_node(&l->cursor);
	TSSymbol symbol = ts_node_symbol(node);

	if (symbol == (TSSymbol)-1 || ts_node_is_missing(node))
		return SYM_ERROR;
	return l->symbols[symbol];
}

const char *lowering_field(struct lowering *l)
{
	const char *name = ts_tree_cursor_current_field_name(&l->cursor);

	return name ? name : "";
}

bool lowering_named(struct lowering *l)
{
	return ts_node_is_named(ts_tree_cursor_current_node(&l->cursor));
}

bool lowering_at(struct lowering *l, const char *field)
{
	return !strcmp(lowering_field(l), field);
}

static bool matters(struct lowering *l)
{
	enum symbol s = lowering_symbol(l);

	return s != SYM_COMMENT && s != SYM_LINE_CONTINUATION;
}

bool lowering_next(struct lowering *l)
{
	while (ts_tree_cursor_goto_next_sibling(&l->cursor))
		if (matters(l))
			return true;
	return false;
}

bool lowering_enter(struct lowering *l)
{
	if (!ts_tree_cursor_goto_first_child(&l->cursor))
		return false;
	if (matters(l) || lowering_next(l))
		return true;
	lowering_leave(l);
	return false;
}

void lowering_leave(struct lowering *l)
{
	ts_tree_cursor_goto_parent(&l->cursor);
}

void lowering_append(struct lowering *l, uint32_t parent, uint32_t *tail, uint32_t child)
{
	if (l->err || !child)
		return;
	if (*tail)
		l->nodes[*tail].next = child;
	else
		l->nodes[parent].first = child;
	*tail = child;
}

uint32_t lowering_text(struct lowering *l)
{
	TSNode node = ts_tree_cursor_current_node(&l->cursor);
	uint32_t start = ts_node_start_byte(node);

	return lowering_string(l, l->text + start, ts_node_end_byte(node) - start);
}

uint32_t lowering_none(struct lowering *l)
{
	return lowering_node(l, TREE_NONE);
}

uint32_t lowering_children(struct lowering *l, enum tree_kind kind)
{
	uint32_t node = lowering_node(l, kind), tail = 0;

	if (!lowering_enter(l))
		return node;
	do {
		if (ts_node_is_named(ts_tree_cursor_current_node(&l->cursor)))
			lowering_append(l, node, &tail, lower_expression(l));
	} while (lowering_next(l));
	lowering_leave(l);
	return node;
}

/* Keeps what can be read in it: an await inside is still an await. */
uint32_t lower_error(struct lowering *l)
{
	if (!l->error_line)
		l->error_line =
			ts_node_start_point(ts_tree_cursor_current_node(&l->cursor)).row + 1;
	return lowering_children(l, TREE_ERROR);
}

int lowering_finish(struct lowering *l, int err, struct tree **out)
{
	struct tree *tree = err ? NULL : calloc(1, sizeof(*tree));

	free(l->table);
	if (!err)
		lowering_string(l, "", 0);
	if (!err && l->err)
		err = l->err;
	if (!err && !tree)
		err = -ENOMEM;
	if (err) {
		free(tree);
		free(l->nodes);
		free(l->string_at);
		free(l->bytes);
		free(l->waivers);
		return err;
	}
	*tree = (struct tree){.nodes = l->nodes,
	                      .node_count = l->node_count,
	                      .string_count = l->string_count,
	                      .string_at = l->string_at,
	                      .bytes = l->bytes,
	                      .waivers = l->waivers,
	                      .waiver_count = l->waiver_count,
	                      .error_line = l->error_line,
	                      .too_deep = l->too_deep};
	if (!tree_check(tree)) {
		tree_free(tree);
		return -EINVAL;
	}
	*out = tree;
	return 0;
}
