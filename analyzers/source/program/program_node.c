/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_node.c - to get about in the trees of a program.
 */
#include "program_node.h"

uint32_t program_child(const struct program *p, uint32_t file, uint32_t node, unsigned int nth)
{
	const struct tree_node *nodes = p->files.at[file].tree->nodes;
	uint32_t at = nodes[node].first;

	while (nth-- && at)
		at = nodes[at].next;
	return at;
}

uint32_t program_tuple_across(const struct program *p, uint32_t file, uint32_t element)
{
	const struct tree_node *nodes = p->files.at[file].tree->nodes;
	uint32_t tuple = program_parent(p, file, element), assign = program_parent(p, file, tuple);
	uint32_t value = nodes[assign].first, target = value ? nodes[value].next : 0;
	uint32_t across = tuple == value ? target : value, found = 0;
	uint32_t a = nodes[tuple].first, b = nodes[across].first;

	if (nodes[tuple].kind != TREE_TUPLE || nodes[assign].kind != TREE_ASSIGN || !target ||
	    nodes[target].next || nodes[across].kind != TREE_TUPLE)
		return 0;
	for (; a && b; a = nodes[a].next, b = nodes[b].next) {
		if (nodes[a].kind == TREE_STAR || nodes[b].kind == TREE_STAR)
			return 0;
		if (a == element)
			found = b;
	}
	return a || b ? 0 : found;
}

uint32_t program_enclosing_func(const struct program *p, uint32_t file, uint32_t node)
{
	const struct program_file *f = &p->files.at[file];

	for (uint32_t at = f->parent[node], from = node; at; from = at, at = f->parent[at]) {
		const struct tree_node *n = &f->tree->nodes[at];

		if (n->kind == TREE_CLASS)
			return 0;
		/* decorators, defaults and annotations belong to the surroundings */
		if (n->kind == TREE_FUNC && f->tree->nodes[from].kind == TREE_BLOCK)
			return f->owner[at];
	}
	return 0;
}

uint32_t program_enclosing_scope(const struct program *p, uint32_t file, uint32_t node)
{
	const struct program_file *f = &p->files.at[file];

	for (uint32_t at = f->parent[node], from = node; at; from = at, at = f->parent[at]) {
		const struct tree_node *n = &f->tree->nodes[at];

		if (f->tree->nodes[from].kind != TREE_BLOCK || !f->owner[at])
			continue;
		if (n->kind == TREE_FUNC)
			return p->funcs.at[f->owner[at]].scope;
		if (n->kind == TREE_CLASS)
			return p->classes.at[f->owner[at]].scope;
	}
	return f->scope;
}
