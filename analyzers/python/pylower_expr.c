/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pylower_expr.c - lowers expressions, patterns, parameters and annotations.
 *
 * Every function leaves the cursor where it found it. Recursion is bounded by
 * PYTREE_DEPTH: what is deeper becomes one ERROR node, which later passes take
 * as something that may do anything.
 */
#include <string.h>

#include "pylower.h"

static uint32_t fixed_string(struct lowering *l, const char *text)
{
	return lowering_string(l, text, strlen(text));
}

static uint32_t named(struct lowering *l, enum py_kind kind, uint32_t name)
{
	uint32_t node = lowering_node(l, kind);

	if (node)
		l->nodes[node].name = name;
	return node;
}

/* attribute: object . identifier */
static uint32_t lower_attribute(struct lowering *l)
{
	uint32_t node = lowering_node(l, PY_ATTR), tail = 0, name = 0;

	if (!lowering_enter(l))
		return node;
	do {
		const char *field = lowering_field(l);

		if (!strcmp(field, "object"))
			lowering_append(l, node, &tail, lower_expression(l));
		else if (!strcmp(field, "attribute"))
			name = lowering_text(l);
		else if (lowering_symbol(l) == SYM_ERROR)
			lowering_append(l, node, &tail, lower_error(l));
	} while (lowering_next(l));
	lowering_leave(l);
	if (!l->err) {
		l->nodes[node].name = name;
		if (!l->nodes[node].first)
			l->nodes[node].kind = PY_ERROR;
	}
	return node;
}

static uint32_t lower_keyword(struct lowering *l)
{
	uint32_t node = lowering_node(l, PY_KEYWORD), tail = 0, name = 0;

	if (!lowering_enter(l))
		return node;
	do {
		const char *field = lowering_field(l);

		if (!strcmp(field, "name"))
			name = lowering_text(l);
		else if (!strcmp(field, "value"))
			lowering_append(l, node, &tail, lower_expression(l));
	} while (lowering_next(l));
	lowering_leave(l);
	if (!l->err) {
		l->nodes[node].name = name;
		if (!l->nodes[node].first)
			l->nodes[node].kind = PY_ERROR;
	}
	return node;
}

uint32_t lower_arguments(struct lowering *l, uint32_t parent, uint32_t *tail)
{
	if (lowering_symbol(l) != SYM_ARGUMENT_LIST) {
		lowering_append(l, parent, tail, lower_expression(l));
		return parent;
	}
	if (!lowering_enter(l))
		return parent;
	do {
		enum symbol s = lowering_symbol(l);

		if (s == SYM_KEYWORD_ARGUMENT)
			lowering_append(l, parent, tail, lower_keyword(l));
		else if (s == SYM_ERROR ||
		         ts_node_is_named(ts_tree_cursor_current_node(&l->cursor)))
			lowering_append(l, parent, tail, lower_expression(l));
	} while (lowering_next(l));
	lowering_leave(l);
	return parent;
}

static uint32_t lower_call(struct lowering *l)
{
	uint32_t node = lowering_node(l, PY_CALL), tail = 0;

	if (!lowering_enter(l))
		return node;
	do {
		const char *field = lowering_field(l);

		if (!strcmp(field, "function"))
			lowering_append(l, node, &tail, lower_expression(l));
		else if (!strcmp(field, "arguments"))
			lower_arguments(l, node, &tail);
		else if (lowering_symbol(l) == SYM_ERROR)
			lowering_append(l, node, &tail, lower_error(l));
	} while (lowering_next(l));
	lowering_leave(l);
	if (!l->err && !l->nodes[node].first)
		l->nodes[node].kind = PY_ERROR;
	return node;
}

static uint32_t lower_yield(struct lowering *l)
{
	uint32_t node = lowering_node(l, PY_YIELD), tail = 0;

	if (!lowering_enter(l))
		return node;
	do {
		if (lowering_symbol(l) == SYM_T_FROM && !l->err)
			l->nodes[node].kind = PY_YIELD_FROM;
		else if (ts_node_is_named(ts_tree_cursor_current_node(&l->cursor)))
			lowering_append(l, node, &tail, lower_expression(l));
	} while (lowering_next(l));
	lowering_leave(l);
	return node;
}

/* Operands are named children; the operator is the field `operator(s)`. */
static uint32_t lower_operator(struct lowering *l, enum py_kind kind)
{
	uint32_t node = lowering_node(l, kind), tail = 0, name = 0;

	if (!lowering_enter(l))
		return node;
	do {
		if (!strncmp(lowering_field(l), "operator", 8)) {
			name = name ? fixed_string(l, "chain") : lowering_text(l);
			if (!l->err && kind == PY_AND && lowering_symbol(l) != SYM_T_AND)
				l->nodes[node].kind = PY_OR;
		} else if (ts_node_is_named(ts_tree_cursor_current_node(&l->cursor))) {
			lowering_append(l, node, &tail, lower_expression(l));
		} else if (kind == PY_UNARY) {
			name = lowering_text(l);
		}
	} while (lowering_next(l));
	lowering_leave(l);
	if (!l->err)
		l->nodes[node].name = name;
	return node;
}

/* body if test else orelse: the test is evaluated first. */
static uint32_t lower_conditional(struct lowering *l)
{
	uint32_t node = lowering_children(l, PY_IFEXP), body, test;

	if (l->err)
		return node;
	body = l->nodes[node].first;
	test = body ? l->nodes[body].next : 0;
	if (!test || !l->nodes[test].next) {
		l->nodes[node].kind = PY_ERROR;
		return node;
	}
	l->nodes[node].first = test;
	l->nodes[body].next = l->nodes[test].next;
	l->nodes[test].next = body;
	return node;
}

/* for target in iterable: evaluated the other way round. */
static uint32_t lower_comp_for(struct lowering *l)
{
	uint32_t node = lowering_node(l, PY_COMP_FOR), target = 0, tail = 0, targets = 0;
	bool after_in = false;

	if (!lowering_enter(l))
		return node;
	do {
		const char *field = lowering_field(l);

		if (lowering_symbol(l) == SYM_T_ASYNC && !l->err)
			l->nodes[node].flags |= PY_ASYNC;
		else if (!strcmp(field, "left"))
			target = lower_expression(l);
		else if (!strcmp(field, "right") && lowering_symbol(l) != SYM_T_COMMA)
			lowering_append(l, node, &tail, lower_expression(l)), after_in = true;
		else if (lowering_symbol(l) == SYM_ERROR)
			lowering_append(l, node, &targets, lower_error(l));
	} while (lowering_next(l));
	lowering_leave(l);
	if (after_in && target)
		lowering_append(l, node, &tail, target);
	else if (!l->err)
		l->nodes[node].kind = PY_ERROR;
	return node;
}

static uint32_t lower_pair(struct lowering *l);

static uint32_t lower_comprehension(struct lowering *l, const char *name)
{
	uint32_t node = named(l, PY_COMP, fixed_string(l, name)), element = 0, tail = 0;

	if (!lowering_enter(l))
		return node;
	do {
		enum symbol s = lowering_symbol(l);

		if (!strcmp(lowering_field(l), "body"))
			element = lower_expression(l);
		else if (s == SYM_FOR_IN_CLAUSE)
			lowering_append(l, node, &tail, lower_comp_for(l));
		else if (s == SYM_IF_CLAUSE)
			lowering_append(l, node, &tail, lowering_children(l, PY_COMP_IF));
		else if (s == SYM_ERROR)
			lowering_append(l, node, &tail, lower_error(l));
	} while (lowering_next(l));
	lowering_leave(l);
	lowering_append(l, node, &tail, element ? element : lowering_none(l));
	return node;
}

static uint32_t lower_pair(struct lowering *l)
{
	uint32_t node = lowering_children(l, PY_PAIR), first;

	if (l->err)
		return node;
	first = l->nodes[node].first;
	if (!first || !l->nodes[first].next)
		l->nodes[node].kind = PY_ERROR;
	return node;
}

static uint32_t lower_lambda(struct lowering *l)
{
	uint32_t node = lowering_node(l, PY_LAMBDA), tail = 0, params = 0, body = 0;

	if (!lowering_enter(l))
		return node;
	do {
		if (lowering_symbol(l) == SYM_LAMBDA_PARAMETERS)
			params = lower_parameters(l);
		else if (!strcmp(lowering_field(l), "body"))
			body = lower_expression(l);
	} while (lowering_next(l));
	lowering_leave(l);
	lowering_append(l, node, &tail, params ? params : lowering_node(l, PY_PARAMS));
	lowering_append(l, node, &tail, body ? body : lowering_none(l));
	return node;
}

static uint32_t lower_walrus(struct lowering *l)
{
	uint32_t node = lowering_node(l, PY_WALRUS), tail = 0, name = 0;

	if (!lowering_enter(l))
		return node;
	do {
		const char *field = lowering_field(l);

		if (!strcmp(field, "name"))
			name = lowering_text(l);
		else if (!strcmp(field, "value"))
			lowering_append(l, node, &tail, lower_expression(l));
	} while (lowering_next(l));
	lowering_leave(l);
	if (!l->err) {
		l->nodes[node].name = name;
		if (!l->nodes[node].first)
			l->nodes[node].kind = PY_ERROR;
	}
	return node;
}

static void lower_interpolations(struct lowering *l, uint32_t node, uint32_t *tail,
                                 unsigned int depth)
{
	if (depth > 8 || !lowering_enter(l))
		return;
	do {
		switch (lowering_symbol(l)) {
		case SYM_STRING:
		case SYM_INTERPOLATION:
		case SYM_FORMAT_SPECIFIER:
		case SYM_FORMAT_EXPRESSION:
			lower_interpolations(l, node, tail, depth + 1);
			break;
		case SYM_STRING_CONTENT:
		case SYM_STRING_START:
		case SYM_STRING_END:
		case SYM_TYPE_CONVERSION:
			break;
		default:
			if (ts_node_is_named(ts_tree_cursor_current_node(&l->cursor)))
				lowering_append(l, node, tail, lower_expression(l));
		}
	} while (lowering_next(l));
	lowering_leave(l);
}

/* A string of one plain part keeps its text, as a name or a type may be in it. */
static uint32_t lower_string(struct lowering *l)
{
	uint32_t node = lowering_node(l, PY_FSTRING), tail = 0, name = 0, parts = 0;

	lower_interpolations(l, node, &tail, 0);
	if (l->err || tail)
		return node;
	l->nodes[node].kind = PY_STRING;
	if (lowering_symbol(l) != SYM_STRING || !lowering_enter(l))
		return node;
	do {
		TSNode at = ts_tree_cursor_current_node(&l->cursor);

		if (lowering_symbol(l) != SYM_STRING_CONTENT)
			continue;
		parts++;
		if (ts_node_end_byte(at) - ts_node_start_byte(at) <= 80 && !ts_node_child_count(at))
			name = lowering_text(l);
	} while (lowering_next(l));
	lowering_leave(l);
	if (!l->err)
		l->nodes[node].name = parts == 1 ? name : 0;
	return node;
}

/* with parentheses, a type, a pattern: one named child stands for it */
static uint32_t lower_inner(struct lowering *l)
{
	uint32_t inner = 0, tail = 0, node = 0;

	if (!lowering_enter(l))
		return lowering_node(l, PY_OPAQUE);
	do {
		if (!ts_node_is_named(ts_tree_cursor_current_node(&l->cursor)) &&
		    lowering_symbol(l) != SYM_ERROR)
			continue;
		if (inner && !node) {
			node = lowering_node(l, PY_OPAQUE);
			lowering_append(l, node, &tail, inner);
		}
		inner = lower_expression(l);
		if (node)
			lowering_append(l, node, &tail, inner);
	} while (lowering_next(l));
	lowering_leave(l);
	return node ? node : inner ? inner : lowering_node(l, PY_OPAQUE);
}

/* dotted_name: a.b.c as NAME or nested ATTR */
static uint32_t lower_dotted(struct lowering *l)
{
	uint32_t node = 0;

	if (!lowering_enter(l))
		return named(l, PY_NAME, lowering_text(l));
	do {
		uint32_t part;

		if (lowering_symbol(l) != SYM_IDENTIFIER)
			continue;
		part = named(l, node ? PY_ATTR : PY_NAME, lowering_text(l));
		if (node && !l->err)
			l->nodes[part].first = node;
		node = part;
	} while (lowering_next(l));
	lowering_leave(l);
	return node ? node : lowering_node(l, PY_ERROR);
}

static uint32_t lower_const(struct lowering *l, const char *name)
{
	return named(l, PY_CONST, fixed_string(l, name));
}

static uint32_t lower_by_symbol(struct lowering *l)
{
	switch (lowering_symbol(l)) {
	case SYM_IDENTIFIER:
		return named(l, PY_NAME, lowering_text(l));
	case SYM_DOTTED_NAME:
		return lower_dotted(l);
	case SYM_ATTRIBUTE:
		return lower_attribute(l);
	case SYM_CALL:
		return lower_call(l);
	case SYM_LIST_SPLAT:
	case SYM_LIST_SPLAT_PATTERN:
	case SYM_SPLAT_PATTERN:
		return lowering_children(l, PY_STAR);
	case SYM_DICTIONARY_SPLAT:
	case SYM_DICTIONARY_SPLAT_PATTERN:
		return lowering_children(l, PY_DSTAR);
	case SYM_SUBSCRIPT:
	case SYM_GENERIC_TYPE:
		return lowering_children(l, PY_SUBSCRIPT);
	case SYM_AWAIT:
		return lowering_children(l, PY_AWAIT);
	case SYM_YIELD:
		return lower_yield(l);
	case SYM_LAMBDA:
		return lower_lambda(l);
	case SYM_BINARY_OPERATOR:
		return lower_operator(l, PY_BINOP);
	case SYM_BOOLEAN_OPERATOR:
		return lower_operator(l, PY_AND);
	case SYM_NOT_OPERATOR:
		return lowering_children(l, PY_NOT);
	case SYM_UNARY_OPERATOR:
		return lower_operator(l, PY_UNARY);
	case SYM_COMPARISON_OPERATOR:
		return lower_operator(l, PY_COMPARE);
	case SYM_CONDITIONAL_EXPRESSION:
		return lower_conditional(l);
	case SYM_LIST:
	case SYM_LIST_PATTERN:
		return lowering_children(l, PY_LIST);
	case SYM_TUPLE:
	case SYM_EXPRESSION_LIST:
	case SYM_PATTERN_LIST:
	case SYM_TUPLE_PATTERN:
		return lowering_children(l, PY_TUPLE);
	case SYM_SET:
		return lowering_children(l, PY_SET);
	case SYM_DICTIONARY:
		return lowering_children(l, PY_DICT);
	case SYM_PAIR:
		return lower_pair(l);
	case SYM_LIST_COMPREHENSION:
		return lower_comprehension(l, "list");
	case SYM_SET_COMPREHENSION:
		return lower_comprehension(l, "set");
	case SYM_DICTIONARY_COMPREHENSION:
		return lower_comprehension(l, "dict");
	case SYM_GENERATOR_EXPRESSION:
		return lower_comprehension(l, "gen");
	case SYM_NAMED_EXPRESSION:
		return lower_walrus(l);
	case SYM_PARENTHESIZED:
	case SYM_PARENTHESIZED_SPLAT:
	case SYM_TYPE:
	case SYM_CASE_PATTERN:
	case SYM_AS_PATTERN_TARGET:
		return lower_inner(l);
	case SYM_STRING:
	case SYM_CONCATENATED_STRING:
		return lower_string(l);
	case SYM_INTEGER:
	case SYM_FLOAT:
		return named(l, PY_NUMBER, lowering_text(l));
	case SYM_TRUE:
		return lower_const(l, "True");
	case SYM_FALSE:
		return lower_const(l, "False");
	case SYM_NIL:
		return lower_const(l, "None");
	case SYM_ELLIPSIS:
		return lower_const(l, "...");
	case SYM_SLICE:
		return lowering_children(l, PY_SLICE);
	case SYM_UNION_TYPE:
		return lower_operator(l, PY_BINOP);
	case SYM_TYPE_PARAMETER:
		return lowering_children(l, PY_TUPLE);
	case SYM_ERROR:
		return lower_error(l);
	default:
		return lowering_children(l, PY_OPAQUE);
	}
}

uint32_t lower_expression(struct lowering *l)
{
	uint32_t node;

	if (l->depth >= PYTREE_DEPTH) {
		l->too_deep = true;
		return lowering_node(l, PY_ERROR);
	}
	l->depth++;
	node = lower_by_symbol(l);
	l->depth--;
	return node;
}

/* One parameter: name, *name, **name, with annotation and default, in any form. */
static uint32_t lower_parameter(struct lowering *l, bool keyword_only)
{
	uint32_t node = lowering_node(l, PY_PARAM), tail = 0, name = 0, type = 0, value = 0;
	uint8_t flags = keyword_only ? PY_KEYWORD_ONLY : 0;
	enum symbol s = lowering_symbol(l);
	unsigned int levels = 0;

	if (s == SYM_IDENTIFIER) {
		name = lowering_text(l);
	} else if (lowering_enter(l)) {
		levels = 1;
		if (s == SYM_LIST_SPLAT_PATTERN)
			flags |= PY_STARRED;
		if (s == SYM_DICTIONARY_SPLAT_PATTERN)
			flags |= PY_DSTARRED;
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
				flags |= k == SYM_LIST_SPLAT_PATTERN ? PY_STARRED : PY_DSTARRED;
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
	lowering_append(l, node, &tail, type ? type : lowering_none(l));
	lowering_append(l, node, &tail, value ? value : lowering_none(l));
	if (!l->err) {
		l->nodes[node].name = name;
		l->nodes[node].flags = flags;
	}
	return node;
}

uint32_t lower_parameters(struct lowering *l)
{
	uint32_t node = lowering_node(l, PY_PARAMS), tail = 0;
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
		lowering_append(l, node, &tail, param);
		if (!l->err && l->nodes[param].flags & PY_STARRED)
			keyword_only = true;
	} while (lowering_next(l));
	lowering_leave(l);
	return node;
}
