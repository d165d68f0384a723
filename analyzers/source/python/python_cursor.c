/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_cursor.c - see python_cursor.h.
 */
#include <string.h>

#include "python_cursor.h"

static uint16_t clamp(uint32_t n)
{
	return n < 0xffff ? (uint16_t)n : 0xffff;
}

uint32_t lowering_node_at(struct lowering *l, enum tree_kind kind, TSNode where)
{
	TSPoint start = ts_node_start_point(where), end = ts_node_end_point(where);

	return tree_build_node(&l->tree, (struct tree_node){.kind = kind,
	                                                    .col = clamp(start.column),
	                                                    .line = start.row + 1,
	                                                    .lines = clamp(end.row - start.row),
	                                                    .end = clamp(end.column)});
}

uint32_t lowering_node(struct lowering *l, enum tree_kind kind)
{
	return lowering_node_at(l, kind, ts_tree_cursor_current_node(&l->cursor));
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

uint32_t lowering_text(struct lowering *l)
{
	TSNode node = ts_tree_cursor_current_node(&l->cursor);
	uint32_t start = ts_node_start_byte(node);

	return tree_build_string(&l->tree, l->text + start, ts_node_end_byte(node) - start);
}

uint32_t lowering_none(struct lowering *l)
{
	return lowering_node(l, TREE_NONE);
}
