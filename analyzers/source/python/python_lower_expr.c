/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_lower_expr.c - lowers expressions, patterns and annotations.
 *
 * Every function leaves the cursor where it found it. Recursion is bounded by
 * TREE_DEPTH: what is deeper becomes one ERROR node, which later passes take
 * as something that may do anything.
 */
#include <string.h>

#include "python_lower.h"

static uint32_t fixed_string(struct lowering *l, const char *text)
{
	return tree_build_string(&l->tree, text, strlen(text));
}

static uint32_t named(struct lowering *l, enum tree_kind kind, uint32_t name)
{
	uint32_t node = lowering_node(l, kind);

	if (node)
		l->tree.nodes[node].name = name;
	return node;
}

/* attribute: object . identifier */
static uint32_t lower_attribute(struct lowering *l)
{
	uint32_t node = lowering_node(l, TREE_ATTR), tail = 0, name = 0;

	if (!lowering_enter(l))
		return node;
	do {
		const char *field = lowering_field(l);

		if (!strcmp(field, "object"))
			tree_build_append(&l->tree, node, &tail, lower_expression(l));
		else if (!strcmp(field, "attribute"))
			name = lowering_text(l);
		else if (lowering_symbol(l) == SYM_ERROR)
			tree_build_append(&l->tree, node, &tail, lower_error(l));
	} while (lowering_next(l));
	lowering_leave(l);
	if (!l->tree.err) {
		l->tree.nodes[node].name = name;
		if (!l->tree.nodes[node].first)
			l->tree.nodes[node].kind = TREE_ERROR;
	}
	return node;
}

static uint32_t lower_yield(struct lowering *l)
{
	uint32_t node = lowering_node(l, TREE_YIELD), tail = 0;

	if (!lowering_enter(l))
		return node;
	do {
		if (lowering_symbol(l) == SYM_T_FROM && !l->tree.err)
			l->tree.nodes[node].kind = TREE_YIELD_FROM;
		else if (ts_node_is_named(ts_tree_cursor_current_node(&l->cursor)))
			tree_build_append(&l->tree, node, &tail, lower_expression(l));
	} while (lowering_next(l));
	lowering_leave(l);
	return node;
}

/* Operands are named children; the operator is the field `operator(s)`. */
static uint32_t lower_operator(struct lowering *l, enum tree_kind kind)
{
	uint32_t node = lowering_node(l, kind), tail = 0, name = 0;

	if (!lowering_enter(l))
		return node;
	do {
		if (!strncmp(lowering_field(l), "operator", 8)) {
			name = name ? fixed_string(l, "chain") : lowering_text(l);
			if (!l->tree.err && kind == TREE_AND && lowering_symbol(l) != SYM_T_AND)
				l->tree.nodes[node].kind = TREE_OR;
		} else if (ts_node_is_named(ts_tree_cursor_current_node(&l->cursor))) {
			tree_build_append(&l->tree, node, &tail, lower_expression(l));
		} else if (kind == TREE_UNARY) {
			name = lowering_text(l);
		}
	} while (lowering_next(l));
	lowering_leave(l);
	if (!l->tree.err)
		l->tree.nodes[node].name = name;
	return node;
}

/* body if test else orelse: the test is evaluated first. */
static uint32_t lower_conditional(struct lowering *l)
{
	uint32_t node = lower_children(l, TREE_IFEXP), body, test;

	if (l->tree.err)
		return node;
	body = l->tree.nodes[node].first;
	test = body ? l->tree.nodes[body].next : 0;
	if (!test || !l->tree.nodes[test].next) {
		l->tree.nodes[node].kind = TREE_ERROR;
		return node;
	}
	l->tree.nodes[node].first = test;
	l->tree.nodes[body].next = l->tree.nodes[test].next;
	l->tree.nodes[test].next = body;
	return node;
}

/* for target in iterable: evaluated the other way round. */
static uint32_t lower_comp_for(struct lowering *l)
{
	uint32_t node = lowering_node(l, TREE_COMP_FOR), target = 0, tail = 0, targets = 0;
	bool after_in = false;

	if (!lowering_enter(l))
		return node;
	do {
		const char *field = lowering_field(l);

		if (lowering_symbol(l) == SYM_T_ASYNC && !l->tree.err)
			l->tree.nodes[node].flags |= TREE_ASYNC;
		else if (!strcmp(field, "left"))
			target = lower_expression(l);
		else if (!strcmp(field, "right") && lowering_symbol(l) != SYM_T_COMMA)
			tree_build_append(&l->tree, node, &tail, lower_expression(l)),
				after_in = true;
		else if (lowering_symbol(l) == SYM_ERROR)
			tree_build_append(&l->tree, node, &targets, lower_error(l));
	} while (lowering_next(l));
	lowering_leave(l);
	if (after_in && target)
		tree_build_append(&l->tree, node, &tail, target);
	else if (!l->tree.err)
		l->tree.nodes[node].kind = TREE_ERROR;
	return node;
}

static uint32_t lower_pair(struct lowering *l);

static uint32_t lower_comprehension(struct lowering *l, const char *name)
{
	uint32_t node = named(l, TREE_COMP, fixed_string(l, name)), element = 0, tail = 0;

	if (!lowering_enter(l))
		return node;
	do {
		enum symbol s = lowering_symbol(l);

		if (!strcmp(lowering_field(l), "body"))
			element = lower_expression(l);
		else if (s == SYM_FOR_IN_CLAUSE)
			tree_build_append(&l->tree, node, &tail, lower_comp_for(l));
		else if (s == SYM_IF_CLAUSE)
			tree_build_append(&l->tree, node, &tail, lower_children(l, TREE_COMP_IF));
		else if (s == SYM_ERROR)
			tree_build_append(&l->tree, node, &tail, lower_error(l));
	} while (lowering_next(l));
	lowering_leave(l);
	tree_build_append(&l->tree, node, &tail, element ? element : lowering_none(l));
	return node;
}

static uint32_t lower_pair(struct lowering *l)
{
	uint32_t node = lower_children(l, TREE_PAIR), first;

	if (l->tree.err)
		return node;
	first = l->tree.nodes[node].first;
	if (!first || !l->tree.nodes[first].next)
		l->tree.nodes[node].kind = TREE_ERROR;
	return node;
}

static uint32_t lower_walrus(struct lowering *l)
{
	uint32_t node = lowering_node(l, TREE_WALRUS), tail = 0, name = 0;

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
				tree_build_append(&l->tree, node, tail, lower_expression(l));
		}
	} while (lowering_next(l));
	lowering_leave(l);
}

/* A string of one plain part keeps its text, as a name or a type may be in it. */
static uint32_t lower_string(struct lowering *l)
{
	uint32_t node = lowering_node(l, TREE_FSTRING), tail = 0, name = 0, parts = 0;

	lower_interpolations(l, node, &tail, 0);
	if (l->tree.err || tail)
		return node;
	l->tree.nodes[node].kind = TREE_STRING;
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
	if (!l->tree.err)
		l->tree.nodes[node].name = parts == 1 ? name : 0;
	return node;
}

/* with parentheses, a type, a pattern: one named child stands for it */
static uint32_t lower_inner(struct lowering *l)
{
	uint32_t inner = 0, tail = 0, node = 0;

	if (!lowering_enter(l))
		return lowering_node(l, TREE_OPAQUE);
	do {
		if (!ts_node_is_named(ts_tree_cursor_current_node(&l->cursor)) &&
		    lowering_symbol(l) != SYM_ERROR)
			continue;
		if (inner && !node) {
			node = lowering_node(l, TREE_OPAQUE);
			tree_build_append(&l->tree, node, &tail, inner);
		}
		inner = lower_expression(l);
		if (node)
			tree_build_append(&l->tree, node, &tail, inner);
	} while (lowering_next(l));
	lowering_leave(l);
	return node ? node : inner ? inner : lowering_node(l, TREE_OPAQUE);
}

/* dotted_name: a.b.c as NAME or nested ATTR */
static uint32_t lower_dotted(struct lowering *l)
{
	uint32_t node = 0;

	if (!lowering_enter(l))
		return named(l, TREE_NAME, lowering_text(l));
	do {
		uint32_t part;

		if (lowering_symbol(l) != SYM_IDENTIFIER)
			continue;
		part = named(l, node ? TREE_ATTR : TREE_NAME, lowering_text(l));
		if (node && !l->tree.err)
			l->tree.nodes[part].first = node;
		node = part;
	} while (lowering_next(l));
	lowering_leave(l);
	return node ? node : lowering_node(l, TREE_ERROR);
}

static uint32_t lower_const(struct lowering *l, const char *name)
{
	return named(l, TREE_CONST, fixed_string(l, name));
}

static uint32_t lower_name(struct lowering *l)
{
	return named(l, TREE_NAME, lowering_text(l));
}

static uint32_t lower_number(struct lowering *l)
{
	return named(l, TREE_NUMBER, lowering_text(l));
}

/* How each symbol is lowered: to a node of `kind` with all named children, or by a function. */
struct row {
	enum tree_kind kind;
	uint32_t (*children)(struct lowering *l, enum tree_kind kind);
	uint32_t (*lower)(struct lowering *l);
	uint32_t (*text)(struct lowering *l, const char *text);
	const char *word;
};

#define CHILDREN(KIND)                                                                             \
	{                                                                                          \
		.kind = TREE_##KIND, .children = lower_children                                    \
	}
#define OPERATOR(KIND)                                                                             \
	{                                                                                          \
		.kind = TREE_##KIND, .children = lower_operator                                    \
	}
#define BY(function)                                                                               \
	{                                                                                          \
		.lower = (function)                                                                \
	}
#define CONSTANT(name)                                                                             \
	{                                                                                          \
		.text = lower_const, .word = (name)                                                \
	}
#define LOOPS(name)                                                                                \
	{                                                                                          \
		.text = lower_comprehension, .word = (name)                                        \
	}

static const struct row rows[SYM_COUNT] = {
	[SYM_IDENTIFIER] = BY(lower_name),
	[SYM_DOTTED_NAME] = BY(lower_dotted),
	[SYM_ATTRIBUTE] = BY(lower_attribute),
	[SYM_CALL] = BY(lower_call),
	[SYM_LIST_SPLAT] = CHILDREN(STAR),
	[SYM_LIST_SPLAT_PATTERN] = CHILDREN(STAR),
	[SYM_SPLAT_PATTERN] = CHILDREN(STAR),
	[SYM_DICTIONARY_SPLAT] = CHILDREN(DSTAR),
	[SYM_DICTIONARY_SPLAT_PATTERN] = CHILDREN(DSTAR),
	[SYM_SUBSCRIPT] = CHILDREN(SUBSCRIPT),
	[SYM_GENERIC_TYPE] = CHILDREN(SUBSCRIPT),
	[SYM_AWAIT] = CHILDREN(AWAIT),
	[SYM_YIELD] = BY(lower_yield),
	[SYM_LAMBDA] = BY(lower_lambda),
	[SYM_BINARY_OPERATOR] = OPERATOR(BINOP),
	[SYM_BOOLEAN_OPERATOR] = OPERATOR(AND),
	[SYM_NOT_OPERATOR] = CHILDREN(NOT),
	[SYM_UNARY_OPERATOR] = OPERATOR(UNARY),
	[SYM_COMPARISON_OPERATOR] = OPERATOR(COMPARE),
	[SYM_CONDITIONAL_EXPRESSION] = BY(lower_conditional),
	[SYM_LIST] = CHILDREN(LIST),
	[SYM_LIST_PATTERN] = CHILDREN(LIST),
	[SYM_TUPLE] = CHILDREN(TUPLE),
	[SYM_EXPRESSION_LIST] = CHILDREN(TUPLE),
	[SYM_PATTERN_LIST] = CHILDREN(TUPLE),
	[SYM_TUPLE_PATTERN] = CHILDREN(TUPLE),
	[SYM_SET] = CHILDREN(SET),
	[SYM_DICTIONARY] = CHILDREN(DICT),
	[SYM_PAIR] = BY(lower_pair),
	[SYM_LIST_COMPREHENSION] = LOOPS("list"),
	[SYM_SET_COMPREHENSION] = LOOPS("set"),
	[SYM_DICTIONARY_COMPREHENSION] = LOOPS("dict"),
	[SYM_GENERATOR_EXPRESSION] = LOOPS("gen"),
	[SYM_NAMED_EXPRESSION] = BY(lower_walrus),
	[SYM_PARENTHESIZED] = BY(lower_inner),
	[SYM_PARENTHESIZED_SPLAT] = BY(lower_inner),
	[SYM_TYPE] = BY(lower_inner),
	[SYM_CASE_PATTERN] = BY(lower_inner),
	[SYM_AS_PATTERN_TARGET] = BY(lower_inner),
	[SYM_STRING] = BY(lower_string),
	[SYM_CONCATENATED_STRING] = BY(lower_string),
	[SYM_INTEGER] = BY(lower_number),
	[SYM_FLOAT] = BY(lower_number),
	[SYM_TRUE] = CONSTANT("True"),
	[SYM_FALSE] = CONSTANT("False"),
	[SYM_NIL] = CONSTANT("None"),
	[SYM_ELLIPSIS] = CONSTANT("..."),
	[SYM_SLICE] = CHILDREN(SLICE),
	[SYM_UNION_TYPE] = OPERATOR(BINOP),
	[SYM_TYPE_PARAMETER] = CHILDREN(TUPLE),
	[SYM_ERROR] = BY(lower_error),
};

static uint32_t lower_by_symbol(struct lowering *l)
{
	const struct row *row = &rows[lowering_symbol(l)];

	if (row->lower)
		return row->lower(l);
	if (row->text)
		return row->text(l, row->word);
	return row->children ? row->children(l, row->kind) : lower_children(l, TREE_OPAQUE);
}

uint32_t lower_expression(struct lowering *l)
{
	uint32_t node;

	if (l->depth >= TREE_DEPTH) {
		l->tree.too_deep = true;
		return lowering_node(l, TREE_ERROR);
	}
	l->depth++;
	node = lower_by_symbol(l);
	l->depth--;
	return node;
}
