/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_lower_call.c - lowers calls with their arguments, lambdas and parameters.
 */
#include <string.h>

#include "python_lower.h"

static uint32_t lower_keyword(struct lowering *l)
{
	uint32_t node = lowering_node(l, TREE_KEYWORD), tail = 0, name = 0;

	if (!lowering_enter(l))
		return node;
	do {
		const char *field = lowering_field(l);

		if (!strcmp(field, "name"))
			name = lowering_text(l);
		else if (!strcmp(field, "value"))
			tree_build_append(&l->tree, node, &tail, lower_expression(l));
	} while (lowering_next(l));
	lowering_leave(l);
	if (!l->tree.err) {
		l->tree.nodes[node].name = name;
		if (!l->tree.nodes[node].first)
			l->tree.nodes[node].kind = TREE_ERROR;
	}
	return node;
}

uint32_t lower_arguments(struct lowering *l, uint32_t parent, uint32_t *tail)
{
	if (lowering_symbol(l) != SYM_ARGUMENT_LIST) {
		tree_build_append(&l->tree, parent, tail, lower_expression(l));
		return parent;
	}
	if (!lowering_enter(l))
		return parent;
	do {
		enum symbol s = lowering_symbol(l);

		if (s == SYM_KEYWORD_ARGUMENT)
			tree_build_append(&l->tree, parent, tail, lower_keyword(l));
		else if (s == SYM_ERROR ||
		         ts_node_is_named(ts_tree_cursor_current_node(&l->cursor)))
			tree_build_append(&l->tree, parent, tail, lower_expression(l));
	} while (lowering_next(l));
	lowering_leave(l);
	return parent;
}

uint32_t lower_call(struct lowering *l)
{
	uint32_t node = lowering_node(l, TREE_CALL), tail = 0;

	if (!lowering_enter(l))
		return node;
	do {
		const char *field = lowering_field(l);

		if (!strcmp(field, "function"))
			tree_build_append(&l->tree, node, &tail, lower_expression(l));
		else if (!strcmp(field, "arguments"))
			lower_arguments(l, node, &tail);
		else if (lowering_symbol(l) == SYM_ERROR)
			tree_build_append(&l->tree, node, &tail, lower_error(l));
	} while (lowering_next(l));
	lowering_leave(l);
	if (!l->tree.err && !l->tree.nodes[node].first)
		l->tree.nodes[node].kind = TREE_ERROR;
	return node;
}

uint32_t lower_lambda(struct lowering *l)
{
	uint32_t node = lowering_node(l, TREE_LAMBDA), tail = 0, params = 0, body = 0;

	if (!lowering_enter(l))
		return node;
	do {
		if (lowering_symbol(l) == SYM_LAMBDA_PARAMETERS)
			params = lower_parameters(l);
		else if (!strcmp(lowering_field(l), "body"))
			body = lower_expression(l);
	} while (lowering_next(l));
	lowering_leave(l);
	tree_build_append(&l->tree, node, &tail, params ? params : lowering_node(l, TREE_PARAMS));
	tree_build_append(&l->tree, node, &tail, body ? body : lowering_none(l));
	return node;
}

/* One parameter: name, *name, **name, with annotation and default, in any form. */
static uint32_t lower_parameter(struct lowering *l, bool keyword_only)
{
	uint32_t node = lowering_node(l, TREE_PARAM), tail = 0, name = 0, type = 0, value = 0;
	uint8_t flags = keyword_only ? TREE_KEYWORD_ONLY : 0;
	enum symbol s = lowering_symbol(l);
	unsigned int levels = 0;

	if (s == SYM_IDENTIFIER) {
		name = lowering_text(l);
	} else if (lowering_enter(l)) {
		levels = 1;
		if (s == SYM_LIST_SPLAT_PATTERN)
			flags |= TREE_STARRED;
		if (s == SYM_DICTIONARY_SPLAT_PATTERN)
			flags |= TREE_DSTARRED;
		do {
			const char *field = lowering_field(l);
			enum symbol k = lowering_symbol(l);

			if (k == SYM_TYPE)
				type = lower_expression(l);
			else if (!strcmp(field, "value"))
				value = lower_expression(l);
			else if (k == SYM_IDENTIFIER)
				name = lowering_text(l);
			else if (k == SYM_LIST_SPLAT_PATTERN || k == SYM_DICTIONARY_SPLAT_PATTERN) {
				flags |= k == SYM_LIST_SPLAT_PATTERN ? TREE_STARRED : TREE_DSTARRED;
				if (lowering_enter(l)) {
					do {
						if (lowering_symbol(l) == SYM_IDENTIFIER)
							name = lowering_text(l);
					} while (lowering_next(l));
					lowering_leave(l);
				}
			}
		} while (lowering_next(l));
	}
	if (levels)
		lowering_leave(l);
	tree_build_append(&l->tree, node, &tail, type ? type : lowering_none(l));
	tree_build_append(&l->tree, node, &tail, value ? value : lowering_none(l));
	if (!l->tree.err) {
		l->tree.nodes[node].name = name;
		l->tree.nodes[node].flags = flags;
	}
	return node;
}

uint32_t lower_parameters(struct lowering *l)
{
	uint32_t node = lowering_node(l, TREE_PARAMS), tail = 0;
	bool keyword_only = false;

	if (!lowering_enter(l))
		return node;
	do {
		enum symbol s = lowering_symbol(l);
		uint32_t param;

		if (s == SYM_KEYWORD_SEPARATOR)
			keyword_only = true;
		if (s == SYM_KEYWORD_SEPARATOR || s == SYM_POSITIONAL_SEPARATOR ||
		    !ts_node_is_named(ts_tree_cursor_current_node(&l->cursor)))
			continue;
		if (s == SYM_ERROR) {
			lower_error(l);
			continue;
		}
		param = lower_parameter(l, keyword_only);
		tree_build_append(&l->tree, node, &tail, param);
		if (!l->tree.err && l->tree.nodes[param].flags & TREE_STARRED)
			keyword_only = true;
	} while (lowering_next(l));
	lowering_leave(l);
	return node;
}
