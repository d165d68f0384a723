/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model_follows.c - does a write come next after an await, whatever way the function takes?
 *
 * Then who sees the task go on knows that it wrote, also where it wrote what
 * stood there already. Looked at in the tree: the statements from the await's
 * to the write's, one after the other. What is not that simple is not claimed.
 */
#include "model_follows.h"
#include "model.h"
#include "source/program/program_node.h"

static bool is_statement(const struct program *p, uint32_t file, uint32_t node)
{
	uint32_t parent = program_parent(p, file, node);

	return program_node(p, file, parent)->kind == TREE_BLOCK;
}

static bool is_inside(const struct program *p, uint32_t file, uint32_t node, uint32_t outer)
{
	for (; node && node != outer; node = program_parent(p, file, node))
		;
	return node == outer;
}

/* May control leave the statements it stands in by way of this one? */
static bool leaves(const struct program *p, uint32_t file, uint32_t node)
{
	const struct tree_node *n = program_node(p, file, node);

	switch (n->kind) {
	case TREE_FUNC:
	case TREE_CLASS:
	case TREE_LAMBDA:
		return false;
	case TREE_RETURN:
	case TREE_RAISE:
	case TREE_BREAK:
	case TREE_CONTINUE:
	case TREE_ERROR:
		return true;
	default:
		break;
	}
	for (uint32_t c = n->first; c; c = program_node(p, file, c)->next)
		if (leaves(p, file, c))
			return true;
	return false;
}

static unsigned int sites_within(const struct program *p, uint32_t file, uint32_t node)
{
	const struct tree_node *n = program_node(p, file, node);
	unsigned int count =
		n->kind == TREE_AWAIT || n->kind == TREE_YIELD || n->kind == TREE_YIELD_FROM ||
		(n->flags & TREE_ASYNC && n->kind != TREE_FUNC) || n->kind == TREE_COMP;

	for (uint32_t c = n->first; c; c = program_node(p, file, c)->next)
		count += sites_within(p, file, c);
	return count;
}

/* From the statement `at` on, in its block: is `write` met before anything suspends or leaves? */
static bool meets(const struct program *p, uint32_t file, uint32_t at, uint32_t write)
{
	for (; at; at = program_node(p, file, at)->next) {
		const struct tree_node *n = program_node(p, file, at);

		if (at == write)
			return !sites_within(p, file, at);
		if (is_inside(p, file, write, at)) {
			uint32_t block = n->first;

			if (n->kind != TREE_WITH || n->flags & TREE_ASYNC)
				return false;
			while (block && program_node(p, file, block)->kind != TREE_BLOCK)
				block = program_node(p, file, block)->next;
			return block && meets(p, file, program_node(p, file, block)->first, write);
		}
		if (sites_within(p, file, at) || leaves(p, file, at))
			return false;
	}
	return false;
}

/* The statement a plain await stands in, and is the only one of; 0: it is not that simple. */
static uint32_t statement_of(const struct model *model, uint32_t file, uint32_t site)
{
	const struct program *p = &model->program;
	uint32_t at = model->sites.at[site].node;

	if (model->sites.at[site].kind != SITE_AWAIT)
		return 0;
	while (at && !is_statement(p, file, at)) {
		uint8_t kind = program_node(p, file, at)->kind;

		if (kind == TREE_LAMBDA || kind == TREE_COMP)
			return 0;
		at = program_parent(p, file, at);
	}
	switch (program_node(p, file, at)->kind) {
	case TREE_EXPR:
	case TREE_ASSIGN:
	case TREE_ANNASSIGN:
	case TREE_AUGASSIGN:
		return sites_within(p, file, at) == 1 ? at : 0;
	default:
		return 0;
	}
}

/* Is the end of a `try` reached from its body, with an exception or without one it does not catch?
 */
static bool is_passed(const struct program *p, uint32_t file, uint32_t try)
{
	uint32_t part = program_node(p, file, program_node(p, file, try)->first)
	                        ->next; /* behind the body */

	for (; part; part = program_node(p, file, part)->next)
		if (sites_within(p, file, part) || leaves(p, file, part))
			return false;
	return true;
}

/* From a statement to the one around it, when nothing after it in its block suspends or leaves; 0:
 * something does, or that one may run its block again. */
static uint32_t outwards(const struct program *p, uint32_t file, uint32_t at)
{
	uint32_t outer = program_parent(p, file, program_parent(p, file, at));
	const struct tree_node *o = program_node(p, file, outer);

	for (uint32_t c = program_node(p, file, at)->next; c; c = program_node(p, file, c)->next)
		if (sites_within(p, file, c) || leaves(p, file, c))
			return 0;
	return o->kind == TREE_IF || (o->kind == TREE_WITH && !(o->flags & TREE_ASYNC)) ||
	                       (o->kind == TREE_TRY && is_passed(p, file, outer))
	               ? outer
	               : 0;
}

bool model_write_follows(const struct model *model, uint32_t file, uint32_t site, uint32_t write)
{
	const struct program *p = &model->program;
	uint32_t at = statement_of(model, file, site);

	if (at && at == write)
		return true;
	for (; at; at = outwards(p, file, at))
		if (is_inside(p, file, write, program_parent(p, file, at)))
			return meets(p, file, program_node(p, file, at)->next, write);
	return false;
}

bool model_end_follows(const struct model *model, uint32_t file, uint32_t site, uint32_t block)
{
	const struct program *p = &model->program;
	uint32_t at = statement_of(model, file, site);

	for (; at; at = outwards(p, file, at)) {
		if (program_parent(p, file, at) != block)
			continue;
		for (uint32_t c = program_node(p, file, at)->next; c;
		     c = program_node(p, file, c)->next)
			if (sites_within(p, file, c) || leaves(p, file, c))
				return false;
		return true;
	}
	return false;
}
