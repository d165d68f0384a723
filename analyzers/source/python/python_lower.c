/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_lower.c - lowers statements. One small function per kind of statement; each
 * leaves the cursor where it found it.
 */
#include <string.h>

#include "python_lower.h"

static uint32_t lower_statement(struct lowering *l);

uint32_t lower_block(struct lowering *l)
{
	uint32_t node = lowering_node(l, TREE_BLOCK), tail = 0;

	if (!lowering_enter(l))
		return node;
	do {
		if (lowering_named(l) || lowering_symbol(l) == SYM_ERROR)
			tree_build_append(&l->tree, node, &tail, lower_statement(l));
	} while (lowering_next(l));
	lowering_leave(l);
	return node;
}

/* (left [: type] [= right]); a = b = c nests to the right. */
static uint32_t lower_assignment(struct lowering *l)
{
	uint32_t node = lowering_node(l, TREE_ASSIGN), tail = 0, value = 0, type = 0;
	uint32_t targets[16], count = 0, levels = 0;
	bool more = lowering_enter(l);

	for (levels = more; more;) {
		bool nested = false;

		do {
			if (lowering_at(l, "left") && count < 16)
				targets[count++] = lower_expression(l);
			else if (lowering_at(l, "type"))
				type = lower_expression(l);
			else if (lowering_at(l, "right") && lowering_symbol(l) == SYM_ASSIGNMENT &&
			         levels < 16)
				nested = true;
			else if (lowering_at(l, "right"))
				value = lower_expression(l);
			else if (lowering_symbol(l) == SYM_ERROR)
				lower_error(l);
		} while (!nested && lowering_next(l));
		more = nested && lowering_enter(l);
		levels += more;
	}
	while (levels--)
		lowering_leave(l);
	if (type && !l->tree.err)
		l->tree.nodes[node].kind = TREE_ANNASSIGN;
	tree_build_append(&l->tree, node, &tail, value ? value : lowering_none(l));
	for (uint32_t i = 0; i < count; i++)
		tree_build_append(&l->tree, node, &tail, targets[i]);
	if (type) {
		if (!count)
			tree_build_append(&l->tree, node, &tail, lowering_none(l));
		tree_build_append(&l->tree, node, &tail, type);
	}
	return node;
}

static uint32_t lower_augmented(struct lowering *l)
{
	uint32_t node = lowering_node(l, TREE_AUGASSIGN), left = 0, right = 0, name = 0, tail = 0;

	if (!lowering_enter(l))
		return node;
	do {
		if (lowering_at(l, "left"))
			left = lower_expression(l);
		else if (lowering_at(l, "right"))
			right = lower_expression(l);
		else if (lowering_at(l, "operator"))
			name = lowering_text(l);
	} while (lowering_next(l));
	lowering_leave(l);
	tree_build_append(&l->tree, node, &tail, left ? left : lowering_none(l));
	tree_build_append(&l->tree, node, &tail, right ? right : lowering_none(l));
	if (!l->tree.err)
		l->tree.nodes[node].name = name;
	return node;
}

static uint32_t lower_expression_statement(struct lowering *l)
{
	uint32_t node, count = 0, tail = 0, only = 0;

	node = lowering_node(l, TREE_EXPR);
	if (!lowering_enter(l))
		return node;
	do {
		if (!lowering_named(l) && lowering_symbol(l) != SYM_ERROR)
			continue;
		if (lowering_symbol(l) == SYM_ASSIGNMENT)
			only = lower_assignment(l);
		else if (lowering_symbol(l) == SYM_AUGMENTED_ASSIGNMENT)
			only = lower_augmented(l);
		else
			tree_build_append(&l->tree, node, &tail, lower_expression(l));
		count++;
	} while (lowering_next(l));
	lowering_leave(l);
	return only && count == 1 ? only : node;
}

static uint32_t lower_alias(struct lowering *l)
{
	uint32_t node = lowering_node(l, TREE_ALIAS), name = 0, bound = 0, child, tail = 0;

	if (lowering_symbol(l) == SYM_ALIASED_IMPORT && lowering_enter(l)) {
		do {
			if (lowering_at(l, "name"))
				name = lowering_text(l);
			else if (lowering_at(l, "alias"))
				bound = lowering_text(l);
		} while (lowering_next(l));
		lowering_leave(l);
	} else {
		name = lowering_symbol(l) == SYM_WILDCARD_IMPORT
		               ? tree_build_string(&l->tree, "*", 1)
		               : lowering_text(l);
	}
	child = lowering_node(l, TREE_NAME);
	tree_build_append(&l->tree, node, &tail, child);
	if (!l->tree.err) {
		l->tree.nodes[child].name = name;
		l->tree.nodes[node].name = bound;
	}
	return node;
}

static uint32_t lower_import(struct lowering *l, enum tree_kind kind)
{
	uint32_t node = lowering_node(l, kind), tail = 0, module = 0;

	if (!lowering_enter(l))
		return node;
	do {
		enum symbol s = lowering_symbol(l);

		if (lowering_at(l, "module_name"))
			module = lowering_text(l);
		else if (s == SYM_DOTTED_NAME || s == SYM_ALIASED_IMPORT ||
		         s == SYM_WILDCARD_IMPORT)
			tree_build_append(&l->tree, node, &tail, lower_alias(l));
	} while (lowering_next(l));
	lowering_leave(l);
	if (!l->tree.err)
		l->tree.nodes[node].name = module;
	return node;
}

/* del a, b: the targets, out of their list */
static uint32_t lower_delete(struct lowering *l)
{
	uint32_t node = lower_children(l, TREE_DEL), first;

	if (l->tree.err)
		return node;
	first = l->tree.nodes[node].first;
	if (first && l->tree.nodes[first].kind == TREE_TUPLE)
		l->tree.nodes[node].first = l->tree.nodes[first].first;
	return node;
}

static uint32_t lower_by_symbol(struct lowering *l)
{
	switch (lowering_symbol(l)) {
	case SYM_EXPRESSION_STATEMENT:
		return lower_expression_statement(l);
	case SYM_RETURN:
		return lower_children(l, TREE_RETURN);
	case SYM_RAISE:
		return lower_children(l, TREE_RAISE);
	case SYM_BREAK:
		return lowering_node(l, TREE_BREAK);
	case SYM_CONTINUE:
		return lowering_node(l, TREE_CONTINUE);
	case SYM_PASS:
	case SYM_TYPE_ALIAS:
		return lowering_node(l, TREE_PASS);
	case SYM_DELETE:
		return lower_delete(l);
	case SYM_GLOBAL:
		return lower_children(l, TREE_GLOBAL);
	case SYM_NONLOCAL:
		return lower_children(l, TREE_NONLOCAL);
	case SYM_ASSERT:
		return lower_children(l, TREE_ASSERT);
	case SYM_IMPORT:
	case SYM_FUTURE_IMPORT:
		return lower_import(l, TREE_IMPORT);
	case SYM_IMPORT_FROM:
		return lower_import(l, TREE_FROM);
	case SYM_IF:
		return lower_if(l);
	case SYM_WHILE:
		return lower_while(l);
	case SYM_FOR:
		return lower_for(l);
	case SYM_TRY:
		return lower_try(l);
	case SYM_WITH:
		return lower_with(l);
	case SYM_MATCH:
		return lower_match(l);
	case SYM_FUNCTION:
		return lower_function(l, 0);
	case SYM_CLASS:
		return lower_class(l, 0);
	case SYM_DECORATED:
		return lower_decorated(l);
	case SYM_ERROR:
		return lower_error(l);
	default:
		return lower_expression(l);
	}
}

static uint32_t lower_statement(struct lowering *l)
{
	bool broken = ts_node_has_error(ts_tree_cursor_current_node(&l->cursor));
	uint32_t node;

	if (l->depth >= TREE_DEPTH) {
		l->tree.too_deep = true;
		return lowering_node(l, TREE_ERROR);
	}
	l->depth++;
	node = lower_by_symbol(l);
	l->depth--;
	if (broken && !l->tree.err) {
		l->tree.nodes[node].flags |= TREE_HAS_ERROR;
		if (!l->tree.error_line)
			l->tree.error_line = l->tree.nodes[node].line;
	}
	return node;
}

int lowering_run(struct lowering *l)
{
	tree_build_string(&l->tree, "", 0);
	lower_block(l);
	return l->tree.err;
}

uint32_t lower_children(struct lowering *l, enum tree_kind kind)
{
	uint32_t node = lowering_node(l, kind), tail = 0;

	if (!lowering_enter(l))
		return node;
	do {
		if (ts_node_is_named(ts_tree_cursor_current_node(&l->cursor)))
			tree_build_append(&l->tree, node, &tail, lower_expression(l));
	} while (lowering_next(l));
	lowering_leave(l);
	return node;
}

/* Keeps what can be read in it: an await inside is still an await. */
uint32_t lower_error(struct lowering *l)
{
	if (!l->tree.error_line)
		l->tree.error_line =
			ts_node_start_point(ts_tree_cursor_current_node(&l->cursor)).row + 1;
	return lower_children(l, TREE_ERROR);
}
