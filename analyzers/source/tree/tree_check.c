/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tree_check.c - is this a tree, and has every node the children its kind promises?
 */
#include <stdlib.h>

#include "tree_check.h"

static const uint8_t least_children[TREE_KIND_COUNT] = {
	[TREE_ATTR] = 1,    [TREE_CALL] = 1,      [TREE_KEYWORD] = 1,   [TREE_STAR] = 1,
	[TREE_DSTAR] = 1,   [TREE_SUBSCRIPT] = 1, [TREE_AWAIT] = 1,     [TREE_YIELD_FROM] = 1,
	[TREE_LAMBDA] = 2,  [TREE_BINOP] = 2,     [TREE_AND] = 2,       [TREE_OR] = 2,
	[TREE_NOT] = 1,     [TREE_UNARY] = 1,     [TREE_COMPARE] = 2,   [TREE_IFEXP] = 3,
	[TREE_PAIR] = 2,    [TREE_COMP] = 1,      [TREE_COMP_FOR] = 2,  [TREE_COMP_IF] = 1,
	[TREE_WALRUS] = 1,  [TREE_ASSIGN] = 2,    [TREE_ANNASSIGN] = 3, [TREE_AUGASSIGN] = 2,
	[TREE_ASSERT] = 1,  [TREE_ALIAS] = 1,     [TREE_IF] = 2,        [TREE_WHILE] = 3,
	[TREE_FOR] = 4,     [TREE_TRY] = 1,       [TREE_HANDLER] = 2,   [TREE_ELSE] = 1,
	[TREE_FINALLY] = 1, [TREE_WITH] = 1,      [TREE_ITEM] = 2,      [TREE_MATCH] = 1,
	[TREE_CASE] = 3,    [TREE_FUNC] = 4,      [TREE_CLASS] = 3,     [TREE_PARAM] = 2};

/* Kinds whose children have fixed kinds, by place: the last of a FUNC is a BLOCK, and so on. */
static bool shape_fits(const struct tree *t, const struct tree_node *n)
{
	uint32_t c = n->first, count = 0, last = 0;

	for (; c; c = t->nodes[c].next, count++)
		last = c;
	if (count < least_children[n->kind])
		return false;
	switch (n->kind) {
	case TREE_FUNC:
		return count == 4 && t->nodes[n->first].kind == TREE_DECORATORS &&
		       t->nodes[last].kind == TREE_BLOCK;
	case TREE_CLASS:
		return count == 3 && t->nodes[last].kind == TREE_BLOCK;
	case TREE_WITH:
		return t->nodes[last].kind == TREE_BLOCK;
	case TREE_TRY:
		return t->nodes[n->first].kind == TREE_BLOCK;
	default:
		return true;
	}
}

static bool links_check(const struct tree *t, uint8_t *seen, uint32_t *stack)
{
	uint32_t top = 0, visited = 0;

	stack[top++] = 0;
	seen[0] = 1;
	while (top) {
		const struct tree_node *n = &t->nodes[stack[--top]];

		visited++;
		for (uint32_t c = n->first; c; c = t->nodes[c].next) {
			if (c >= t->node_count || seen[c])
				return false;
			seen[c] = 1;
			stack[top++] = c;
		}
	}
	return visited <= t->node_count;
}

bool tree_check(struct tree *t)
{
	uint8_t *seen;
	uint32_t *stack;
	bool ok;

	if (!t->node_count || t->nodes[0].kind != TREE_BLOCK || t->nodes[0].next)
		return false;
	for (uint32_t i = 0; i < t->node_count; i++)
		if (t->nodes[i].kind >= TREE_KIND_COUNT || t->nodes[i].name >= t->string_count ||
		    t->nodes[i].first >= t->node_count || t->nodes[i].next >= t->node_count)
			return false;
	seen = calloc(t->node_count, 1);
	stack = malloc((size_t)t->node_count * sizeof(*stack));
	ok = seen && stack && links_check(t, seen, stack);
	for (uint32_t i = 0; ok && i < t->node_count; i++) {
		if (!seen[i]) /* nobody's child: left over from broken source */
			t->nodes[i] =
				(struct tree_node){.kind = TREE_NONE, .line = t->nodes[i].line};
		else if (!shape_fits(t, &t->nodes[i]))
			t->nodes[i].kind = TREE_ERROR;
	}
	free(seen);
	free(stack);
	return ok;
}
