/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tree_check.c - is this a tree, and has every node the children its kind promises?
 */
#include <stdlib.h>

#include "tree_cache.h"

static const uint8_t least_children[PY_KIND_COUNT] = {
	[PY_ATTR] = 1,    [PY_CALL] = 1,      [PY_KEYWORD] = 1,   [PY_STAR] = 1,
	[PY_DSTAR] = 1,   [PY_SUBSCRIPT] = 1, [PY_AWAIT] = 1,     [PY_YIELD_FROM] = 1,
	[PY_LAMBDA] = 2,  [PY_BINOP] = 2,     [PY_AND] = 2,       [PY_OR] = 2,
	[PY_NOT] = 1,     [PY_UNARY] = 1,     [PY_COMPARE] = 2,   [PY_IFEXP] = 3,
	[PY_PAIR] = 2,    [PY_COMP] = 1,      [PY_COMP_FOR] = 2,  [PY_COMP_IF] = 1,
	[PY_WALRUS] = 1,  [PY_ASSIGN] = 2,    [PY_ANNASSIGN] = 3, [PY_AUGASSIGN] = 2,
	[PY_ASSERT] = 1,  [PY_ALIAS] = 1,     [PY_IF] = 2,        [PY_WHILE] = 3,
	[PY_FOR] = 4,     [PY_TRY] = 1,       [PY_HANDLER] = 2,   [PY_ELSE] = 1,
	[PY_FINALLY] = 1, [PY_WITH] = 1,      [PY_ITEM] = 2,      [PY_MATCH] = 1,
	[PY_CASE] = 3,    [PY_FUNC] = 4,      [PY_CLASS] = 3,     [PY_PARAM] = 2};

/* Kinds whose children have fixed kinds, by place: the last of a FUNC is a BLOCK, and so on. */
static bool shape_fits(const struct pytree *t, const struct py_node *n)
{
	uint32_t c = n->first, count = 0, last = 0;

	for (; c; c = t->nodes[c].next, count++)
		last = c;
	if (count < least_children[n->kind])
		return false;
	switch (n->kind) {
	case PY_FUNC:
		return count == 4 && t->nodes[n->first].kind == PY_DECORATORS &&
		       t->nodes[last].kind == PY_BLOCK;
	case PY_CLASS:
		return count == 3 && t->nodes[last].kind == PY_BLOCK;
	case PY_WITH:
		return t->nodes[last].kind == PY_BLOCK;
	case PY_TRY:
		return t->nodes[n->first].kind == PY_BLOCK;
	default:
		return true;
	}
}

static bool links_check(const struct pytree *t, uint8_t *seen, uint32_t *stack)
{
	uint32_t top = 0, visited = 0;

	stack[top++] = 0;
	seen[0] = 1;
	while (top) {
		const struct py_node *n = &t->nodes[stack[--top]];

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

bool pytree_check(struct pytree *t)
{
	uint8_t *seen;
	uint32_t *stack;
	bool ok;

	if (!t->node_count || t->nodes[0].kind != PY_BLOCK || t->nodes[0].next)
		return false;
	for (uint32_t i = 0; i < t->node_count; i++)
		if (t->nodes[i].kind >= PY_KIND_COUNT || t->nodes[i].name >= t->string_count ||
		    t->nodes[i].first >= t->node_count || t->nodes[i].next >= t->node_count)
			return false;
	seen = calloc(t->node_count, 1);
	stack = malloc((size_t)t->node_count * sizeof(*stack));
	ok = seen && stack && links_check(t, seen, stack);
	for (uint32_t i = 0; ok && i < t->node_count; i++) {
		if (!seen[i]) /* nobody's child: left over from broken source */
			t->nodes[i] = (struct py_node){.kind = PY_NONE, .line = t->nodes[i].line};
		else if (!shape_fits(t, &t->nodes[i]))
			t->nodes[i].kind = PY_ERROR;
	}
	free(seen);
	free(stack);
	return ok;
}
