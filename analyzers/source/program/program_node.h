/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_node.h - to get about in the trees of a program.
 */
#ifndef ANALYZERS_PROGRAM_NODE_H
#define ANALYZERS_PROGRAM_NODE_H

#include "program.h"

static inline const struct tree_node *program_node(const struct program *p, uint32_t file,
                                                   uint32_t node)
{
	return &p->files.at[file].tree->nodes[node];
}
static inline uint32_t program_parent(const struct program *p, uint32_t file, uint32_t node)
{
	return p->files.at[file].parent[node];
}
uint32_t program_child(const struct program *p, uint32_t file, uint32_t node, unsigned int nth);
/* a, b = x, y: what stands across from an element, on the other side of the assignment; 0: nothing
 * that is simple to see. */
uint32_t program_tuple_across(const struct program *p, uint32_t file, uint32_t element);
uint32_t program_enclosing_func(const struct program *p, uint32_t file, uint32_t node);
uint32_t program_enclosing_scope(const struct program *p, uint32_t file, uint32_t node);

#endif
