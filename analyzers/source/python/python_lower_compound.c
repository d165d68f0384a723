/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_lower_compound.c - lowers statements that have blocks, and definitions.
 */
#include <string.h>

#include "python_lower.h"

/* A clause (else, finally) that is one block: the block of it. */
static uint32_t lower_clause_block(struct lowering *l)
{
	uint32_t block = 0;

	if (!lowering_enter(l))
		return lowering_node(l, TREE_BLOCK);
	do {
		if (lowering_symbol(l) == SYM_BLOCK)
			block = lower_block(l);
	} while (lowering_next(l));
	lowering_leave(l);
	return block ? block : lowering_node(l, TREE_BLOCK);
}

static uint32_t lower_wrapped_block(struct lowering *l, enum tree_kind kind)
{
	uint32_t node = lowering_node(l, kind), tail = 0;

	tree_build_append(&l->tree, node, &tail, lower_clause_block(l));
	return node;
}

static void lower_elif(struct lowering *l, uint32_t node, uint32_t *tail)
{
	if (!lowering_enter(l))
		return;
	do {
		if (lowering_at(l, "condition"))
			tree_build_append(&l->tree, node, tail, lower_expression(l));
		else if (lowering_at(l, "consequence") && lowering_symbol(l) == SYM_BLOCK)
			tree_build_append(&l->tree, node, tail, lower_block(l));
	} while (lowering_next(l));
	lowering_leave(l);
}

static bool is_block(struct lowering *l, uint32_t node)
{
	return !l->tree.err && l->tree.nodes[node].kind == TREE_BLOCK;
}

uint32_t lower_if(struct lowering *l)
{
	uint32_t node = lowering_node(l, TREE_IF), tail = 0, at, expect_block = 0;

	if (!lowering_enter(l))
		return node;
	do {
		enum symbol s = lowering_symbol(l);

		if (lowering_at(l, "condition"))
			tree_build_append(&l->tree, node, &tail, lower_expression(l));
		else if (s == SYM_BLOCK)
			tree_build_append(&l->tree, node, &tail, lower_block(l));
		else if (s == SYM_ELIF)
			lower_elif(l, node, &tail);
		else if (s == SYM_ELSE)
			tree_build_append(&l->tree, node, &tail, lower_clause_block(l));
	} while (lowering_next(l));
	lowering_leave(l);
	/* Broken source may miss a part: (test, BLOCK)*, BLOCK? or else it is no IF. */
	for (at = l->tree.err ? 0 : l->tree.nodes[node].first; at; at = l->tree.nodes[at].next) {
		if (!expect_block && is_block(l, at) && l->tree.nodes[at].next)
			break;
		if (expect_block && !is_block(l, at))
			break;
		expect_block = !expect_block && !is_block(l, at);
	}
	if (!l->tree.err && (at || expect_block || !l->tree.nodes[node].first))
		l->tree.nodes[node].kind = TREE_ERROR;
	return node;
}

uint32_t lower_while(struct lowering *l)
{
	uint32_t node = lowering_node(l, TREE_WHILE), tail = 0, test = 0, body = 0, orelse = 0;

	if (!lowering_enter(l))
		return node;
	do {
		if (lowering_at(l, "condition"))
			test = lower_expression(l);
		else if (lowering_symbol(l) == SYM_BLOCK)
			body = lower_block(l);
		else if (lowering_symbol(l) == SYM_ELSE)
			orelse = lower_clause_block(l);
	} while (lowering_next(l));
	lowering_leave(l);
	tree_build_append(&l->tree, node, &tail, test ? test : lowering_none(l));
	tree_build_append(&l->tree, node, &tail, body ? body : lowering_node(l, TREE_BLOCK));
	tree_build_append(&l->tree, node, &tail, orelse ? orelse : lowering_none(l));
	return node;
}

uint32_t lower_for(struct lowering *l)
{
	uint32_t node = lowering_node(l, TREE_FOR), tail = 0, target = 0, iter = 0, body = 0,
		 orelse = 0;

	if (!lowering_enter(l))
		return node;
	do {
		if (lowering_symbol(l) == SYM_T_ASYNC && !l->tree.err)
			l->tree.nodes[node].flags |= TREE_ASYNC;
		else if (lowering_at(l, "left"))
			target = lower_expression(l);
		else if (lowering_at(l, "right"))
			iter = lower_expression(l);
		else if (lowering_symbol(l) == SYM_BLOCK)
			body = lower_block(l);
		else if (lowering_symbol(l) == SYM_ELSE)
			orelse = lower_clause_block(l);
	} while (lowering_next(l));
	lowering_leave(l);
	tree_build_append(&l->tree, node, &tail, iter ? iter : lowering_none(l));
	tree_build_append(&l->tree, node, &tail, target ? target : lowering_none(l));
	tree_build_append(&l->tree, node, &tail, body ? body : lowering_node(l, TREE_BLOCK));
	tree_build_append(&l->tree, node, &tail, orelse ? orelse : lowering_none(l));
	return node;
}

/* except [type [as name]]: block */
static uint32_t lower_handler(struct lowering *l)
{
	uint32_t node = lowering_node(l, TREE_HANDLER), tail = 0, type = 0, block = 0, name = 0;

	if (!lowering_enter(l))
		return node;
	do {
		enum symbol s = lowering_symbol(l);

		if (s == SYM_BLOCK) {
			block = lower_block(l);
		} else if (s == SYM_AS_PATTERN && lowering_enter(l)) {
			do {
				if (lowering_symbol(l) == SYM_AS_PATTERN_TARGET)
					name = lowering_text(l);
				else if (lowering_named(l))
					type = lower_expression(l);
			} while (lowering_next(l));
			lowering_leave(l);
		} else if (lowering_at(l, "alias")) {
			name = lowering_text(l);
		} else if (lowering_named(l)) {
			type = lower_expression(l);
		}
	} while (lowering_next(l));
	lowering_leave(l);
	tree_build_append(&l->tree, node, &tail, type ? type : lowering_none(l));
	tree_build_append(&l->tree, node, &tail, block ? block : lowering_node(l, TREE_BLOCK));
	if (!l->tree.err)
		l->tree.nodes[node].name = name;
	return node;
}

uint32_t lower_try(struct lowering *l)
{
	uint32_t node = lowering_node(l, TREE_TRY), tail = 0, block = 0;

	if (!lowering_enter(l))
		return node;
	do {
		enum symbol s = lowering_symbol(l);

		if (s != SYM_BLOCK && !block && s != SYM_TOKEN && s != SYM_T_COLON) {
			block = lowering_node(l, TREE_BLOCK);
			tree_build_append(&l->tree, node, &tail, block);
		}
		if (s == SYM_BLOCK && !block)
			tree_build_append(&l->tree, node, &tail, block = lower_block(l));
		else if (s == SYM_EXCEPT || s == SYM_EXCEPT_GROUP)
			tree_build_append(&l->tree, node, &tail, lower_handler(l));
		else if (s == SYM_ELSE)
			tree_build_append(&l->tree, node, &tail, lower_wrapped_block(l, TREE_ELSE));
		else if (s == SYM_FINALLY)
			tree_build_append(&l->tree, node, &tail,
			                  lower_wrapped_block(l, TREE_FINALLY));
	} while (lowering_next(l));
	lowering_leave(l);
	if (!block)
		tree_build_append(&l->tree, node, &tail, lowering_node(l, TREE_BLOCK));
	return node;
}

/* value [as target], the `as` being inside the value. */
static uint32_t lower_item(struct lowering *l)
{
	uint32_t node = lowering_node(l, TREE_ITEM), tail = 0, value = 0, target = 0;
	unsigned int levels = 0;

	while (levels < 3 && lowering_enter(l)) {
		levels++;
		if (lowering_symbol(l) != SYM_AS_PATTERN)
			break;
	}
	if (levels) {
		do {
			if (lowering_symbol(l) == SYM_AS_PATTERN_TARGET)
				target = lower_expression(l);
			else if (lowering_named(l) && !value)
				value = lower_expression(l);
		} while (lowering_next(l));
	}
	while (levels--)
		lowering_leave(l);
	tree_build_append(&l->tree, node, &tail, value ? value : lowering_none(l));
	tree_build_append(&l->tree, node, &tail, target ? target : lowering_none(l));
	return node;
}

uint32_t lower_with(struct lowering *l)
{
	uint32_t node = lowering_node(l, TREE_WITH), tail = 0, body = 0;

	if (!lowering_enter(l))
		return node;
	do {
		enum symbol s = lowering_symbol(l);

		if (s == SYM_T_ASYNC && !l->tree.err)
			l->tree.nodes[node].flags |= TREE_ASYNC;
		else if (s == SYM_BLOCK)
			body = lower_block(l);
		else if (s == SYM_WITH_CLAUSE && lowering_enter(l)) {
			do {
				if (lowering_symbol(l) == SYM_WITH_ITEM)
					tree_build_append(&l->tree, node, &tail, lower_item(l));
			} while (lowering_next(l));
			lowering_leave(l);
		}
	} while (lowering_next(l));
	lowering_leave(l);
	tree_build_append(&l->tree, node, &tail, body ? body : lowering_node(l, TREE_BLOCK));
	return node;
}

static uint32_t lower_case(struct lowering *l)
{
	uint32_t node = lowering_node(l, TREE_CASE), tail = 0, pattern, ptail = 0, guard = 0,
		 body = 0;

	pattern = lowering_node(l, TREE_OPAQUE);
	if (lowering_enter(l)) {
		do {
			enum symbol s = lowering_symbol(l);

			if (s == SYM_BLOCK)
				body = lower_block(l);
			else if (s == SYM_IF_CLAUSE)
				guard = lower_children(l, TREE_OPAQUE);
			else if (lowering_named(l))
				tree_build_append(&l->tree, pattern, &ptail, lower_expression(l));
		} while (lowering_next(l));
		lowering_leave(l);
	}
	tree_build_append(&l->tree, node, &tail, pattern);
	tree_build_append(&l->tree, node, &tail, guard ? guard : lowering_none(l));
	tree_build_append(&l->tree, node, &tail, body ? body : lowering_node(l, TREE_BLOCK));
	return node;
}

uint32_t lower_match(struct lowering *l)
{
	uint32_t node = lowering_node(l, TREE_MATCH), tail = 0, subject;

	subject = lowering_node(l, TREE_OPAQUE);
	tree_build_append(&l->tree, node, &tail, subject);
	if (!lowering_enter(l))
		return node;
	for (uint32_t stail = 0, more = 1; more; more = lowering_next(l)) {
		if (lowering_symbol(l) == SYM_BLOCK && lowering_enter(l)) {
			do {
				if (lowering_symbol(l) == SYM_CASE)
					tree_build_append(&l->tree, node, &tail, lower_case(l));
			} while (lowering_next(l));
			lowering_leave(l);
		} else if (lowering_at(l, "subject")) {
			tree_build_append(&l->tree, subject, &stail, lower_expression(l));
		}
	}
	lowering_leave(l);
	return node;
}

uint32_t lower_function(struct lowering *l, uint32_t decorators)
{
	uint32_t node = lowering_node(l, TREE_FUNC), tail = 0, params = 0, type = 0, body = 0,
		 name = 0;

	if (lowering_enter(l)) {
		do {
			enum symbol s = lowering_symbol(l);

			if (s == SYM_T_ASYNC && !l->tree.err)
				l->tree.nodes[node].flags |= TREE_ASYNC;
			else if (lowering_at(l, "name"))
				name = lowering_text(l);
			else if (s == SYM_PARAMETERS)
				params = lower_parameters(l);
			else if (lowering_at(l, "return_type"))
				type = lower_expression(l);
			else if (s == SYM_BLOCK)
				body = lower_block(l);
		} while (lowering_next(l));
		lowering_leave(l);
	}
	tree_build_append(&l->tree, node, &tail,
	                  decorators ? decorators : lowering_node(l, TREE_DECORATORS));
	tree_build_append(&l->tree, node, &tail, params ? params : lowering_node(l, TREE_PARAMS));
	tree_build_append(&l->tree, node, &tail, type ? type : lowering_none(l));
	tree_build_append(&l->tree, node, &tail, body ? body : lowering_node(l, TREE_BLOCK));
	if (!l->tree.err)
		l->tree.nodes[node].name = name;
	return node;
}

uint32_t lower_class(struct lowering *l, uint32_t decorators)
{
	uint32_t node = lowering_node(l, TREE_CLASS), tail = 0, bases, btail = 0, body = 0,
		 name = 0;

	bases = lowering_node(l, TREE_BASES);
	if (lowering_enter(l)) {
		do {
			if (lowering_at(l, "name"))
				name = lowering_text(l);
			else if (lowering_symbol(l) == SYM_ARGUMENT_LIST)
				lower_arguments(l, bases, &btail);
			else if (lowering_symbol(l) == SYM_BLOCK)
				body = lower_block(l);
		} while (lowering_next(l));
		lowering_leave(l);
	}
	tree_build_append(&l->tree, node, &tail,
	                  decorators ? decorators : lowering_node(l, TREE_DECORATORS));
	tree_build_append(&l->tree, node, &tail, bases);
	tree_build_append(&l->tree, node, &tail, body ? body : lowering_node(l, TREE_BLOCK));
	if (!l->tree.err)
		l->tree.nodes[node].name = name;
	return node;
}

uint32_t lower_decorated(struct lowering *l)
{
	uint32_t decorators = lowering_node(l, TREE_DECORATORS), tail = 0, node = 0;

	if (!lowering_enter(l))
		return decorators;
	do {
		enum symbol s = lowering_symbol(l);

		if (s == SYM_DECORATOR && lowering_enter(l)) {
			do {
				if (lowering_named(l))
					tree_build_append(&l->tree, decorators, &tail,
					                  lower_expression(l));
			} while (lowering_next(l));
			lowering_leave(l);
		} else if (s == SYM_FUNCTION) {
			node = lower_function(l, decorators);
		} else if (s == SYM_CLASS) {
			node = lower_class(l, decorators);
		}
	} while (lowering_next(l));
	lowering_leave(l);
	if (!node && !l->tree.err)
		l->tree.nodes[decorators].kind = TREE_ERROR;
	return node ? node : decorators;
}
