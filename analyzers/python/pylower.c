/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pylower.c - lowers statements. One small function per kind of statement; each
 * leaves the cursor where it found it.
 */
#include <string.h>

#include "pylower.h"

static uint32_t lower_statement(struct lowering *l);

static bool at_named(struct lowering *l)
{
	return ts_node_is_named(ts_tree_cursor_current_node(&l->cursor));
}

static bool at_field(struct lowering *l, const char *field)
{
	return !strcmp(lowering_field(l), field);
}

static uint32_t lower_block(struct lowering *l)
{
	uint32_t node = lowering_node(l, PY_BLOCK), tail = 0;

	if (!lowering_enter(l))
		return node;
	do {
		if (at_named(l) || lowering_symbol(l) == SYM_ERROR)
			lowering_append(l, node, &tail, lower_statement(l));
	} while (lowering_next(l));
	lowering_leave(l);
	return node;
}

/* A clause (else, finally) that is one block: the block of it. */
static uint32_t lower_clause_block(struct lowering *l)
{
	uint32_t block = 0;

	if (!lowering_enter(l))
		return lowering_node(l, PY_BLOCK);
	do {
		if (lowering_symbol(l) == SYM_BLOCK)
			block = lower_block(l);
	} while (lowering_next(l));
	lowering_leave(l);
	return block ? block : lowering_node(l, PY_BLOCK);
}

static uint32_t lower_wrapped_block(struct lowering *l, enum py_kind kind)
{
	uint32_t node = lowering_node(l, kind), tail = 0;

	lowering_append(l, node, &tail, lower_clause_block(l));
	return node;
}

/* (left [: type] [= right]); a = b = c nests to the right. */
static uint32_t lower_assignment(struct lowering *l)
{
	uint32_t node = lowering_node(l, PY_ASSIGN), tail = 0, value = 0, type = 0;
	uint32_t targets[16], count = 0, levels = 0;
	bool more = lowering_enter(l);

	for (levels = more; more;) {
		bool nested = false;

		do {
			if (at_field(l, "left") && count < 16)
				targets[count++] = lower_expression(l);
			else if (at_field(l, "type"))
				type = lower_expression(l);
			else if (at_field(l, "right") && lowering_symbol(l) == SYM_ASSIGNMENT &&
			         levels < 16)
				nested = true;
			else if (at_field(l, "right"))
				value = lower_expression(l);
			else if (lowering_symbol(l) == SYM_ERROR)
				lower_error(l);
		} while (!nested && lowering_next(l));
		more = nested && lowering_enter(l);
		levels += more;
	}
	while (levels--)
		lowering_leave(l);
	if (type && !l->err)
		l->nodes[node].kind = PY_ANNASSIGN;
	lowering_append(l, node, &tail, value ? value : lowering_none(l));
	for (uint32_t i = 0; i < count; i++)
		lowering_append(l, node, &tail, targets[i]);
	if (type) {
		if (!count)
			lowering_append(l, node, &tail, lowering_none(l));
		lowering_append(l, node, &tail, type);
	}
	return node;
}

static uint32_t lower_augmented(struct lowering *l)
{
	uint32_t node = lowering_node(l, PY_AUGASSIGN), left = 0, right = 0, name = 0, tail = 0;

	if (!lowering_enter(l))
		return node;
	do {
		if (at_field(l, "left"))
			left = lower_expression(l);
		else if (at_field(l, "right"))
			right = lower_expression(l);
		else if (at_field(l, "operator"))
			name = lowering_text(l);
	} while (lowering_next(l));
	lowering_leave(l);
	lowering_append(l, node, &tail, left ? left : lowering_none(l));
	lowering_append(l, node, &tail, right ? right : lowering_none(l));
	if (!l->err)
		l->nodes[node].name = name;
	return node;
}

static uint32_t lower_expression_statement(struct lowering *l)
{
	uint32_t node, count = 0, tail = 0, only = 0;

	node = lowering_node(l, PY_EXPR);
	if (!lowering_enter(l))
		return node;
	do {
		if (!at_named(l) && lowering_symbol(l) != SYM_ERROR)
			continue;
		if (lowering_symbol(l) == SYM_ASSIGNMENT)
			only = lower_assignment(l);
		else if (lowering_symbol(l) == SYM_AUGMENTED_ASSIGNMENT)
			only = lower_augmented(l);
		else
			lowering_append(l, node, &tail, lower_expression(l));
		count++;
	} while (lowering_next(l));
	lowering_leave(l);
	return only && count == 1 ? only : node;
}

static uint32_t lower_alias(struct lowering *l)
{
	uint32_t node = lowering_node(l, PY_ALIAS), name = 0, bound = 0, child, tail = 0;

	if (lowering_symbol(l) == SYM_ALIASED_IMPORT && lowering_enter(l)) {
		do {
			if (at_field(l, "name"))
				name = lowering_text(l);
			else if (at_field(l, "alias"))
				bound = lowering_text(l);
		} while (lowering_next(l));
		lowering_leave(l);
	} else {
		name = lowering_symbol(l) == SYM_WILDCARD_IMPORT ? lowering_string(l, "*", 1)
		                                                 : lowering_text(l);
	}
	child = lowering_node(l, PY_NAME);
	lowering_append(l, node, &tail, child);
	if (!l->err) {
		l->nodes[child].name = name;
		l->nodes[node].name = bound;
	}
	return node;
}

static uint32_t lower_import(struct lowering *l, enum py_kind kind)
{
	uint32_t node = lowering_node(l, kind), tail = 0, module = 0;

	if (!lowering_enter(l))
		return node;
	do {
		enum symbol s = lowering_symbol(l);

		if (at_field(l, "module_name"))
			module = lowering_text(l);
		else if (s == SYM_DOTTED_NAME || s == SYM_ALIASED_IMPORT ||
		         s == SYM_WILDCARD_IMPORT)
			lowering_append(l, node, &tail, lower_alias(l));
	} while (lowering_next(l));
	lowering_leave(l);
	if (!l->err)
		l->nodes[node].name = module;
	return node;
}

static void lower_elif(struct lowering *l, uint32_t node, uint32_t *tail)
{
	if (!lowering_enter(l))
		return;
	do {
		if (at_field(l, "condition"))
			lowering_append(l, node, tail, lower_expression(l));
		else if (at_field(l, "consequence") && lowering_symbol(l) == SYM_BLOCK)
			lowering_append(l, node, tail, lower_block(l));
	} while (lowering_next(l));
	lowering_leave(l);
}

static bool is_block(struct lowering *l, uint32_t node)
{
	return !l->err && l->nodes[node].kind == PY_BLOCK;
}

static uint32_t lower_if(struct lowering *l)
{
	uint32_t node = lowering_node(l, PY_IF), tail = 0, at, expect_block = 0;

	if (!lowering_enter(l))
		return node;
	do {
		enum symbol s = lowering_symbol(l);

		if (at_field(l, "condition"))
			lowering_append(l, node, &tail, lower_expression(l));
		else if (s == SYM_BLOCK)
			lowering_append(l, node, &tail, lower_block(l));
		else if (s == SYM_ELIF)
			lower_elif(l, node, &tail);
		else if (s == SYM_ELSE)
			lowering_append(l, node, &tail, lower_clause_block(l));
	} while (lowering_next(l));
	lowering_leave(l);
	/* Broken source may miss a part: (test, BLOCK)*, BLOCK? or else it is no IF. */
	for (at = l->err ? 0 : l->nodes[node].first; at; at = l->nodes[at].next) {
		if (!expect_block && is_block(l, at) && l->nodes[at].next)
			break;
		if (expect_block && !is_block(l, at))
			break;
		expect_block = !expect_block && !is_block(l, at);
	}
	if (!l->err && (at || expect_block || !l->nodes[node].first))
		l->nodes[node].kind = PY_ERROR;
	return node;
}

static uint32_t lower_while(struct lowering *l)
{
	uint32_t node = lowering_node(l, PY_WHILE), tail = 0, test = 0, body = 0, orelse = 0;

	if (!lowering_enter(l))
		return node;
	do {
		if (at_field(l, "condition"))
			test = lower_expression(l);
		else if (lowering_symbol(l) == SYM_BLOCK)
			body = lower_block(l);
		else if (lowering_symbol(l) == SYM_ELSE)
			orelse = lower_clause_block(l);
	} while (lowering_next(l));
	lowering_leave(l);
	lowering_append(l, node, &tail, test ? test : lowering_none(l));
	lowering_append(l, node, &tail, body ? body : lowering_node(l, PY_BLOCK));
	lowering_append(l, node, &tail, orelse ? orelse : lowering_none(l));
	return node;
}

static uint32_t lower_for(struct lowering *l)
{
	uint32_t node = lowering_node(l, PY_FOR), tail = 0, target = 0, iter = 0, body = 0,
		 orelse = 0;

	if (!lowering_enter(l))
		return node;
	do {
		if (lowering_symbol(l) == SYM_T_ASYNC && !l->err)
			l->nodes[node].flags |= PY_ASYNC;
		else if (at_field(l, "left"))
			target = lower_expression(l);
		else if (at_field(l, "right"))
			iter = lower_expression(l);
		else if (lowering_symbol(l) == SYM_BLOCK)
			body = lower_block(l);
		else if (lowering_symbol(l) == SYM_ELSE)
			orelse = lower_clause_block(l);
	} while (lowering_next(l));
	lowering_leave(l);
	lowering_append(l, node, &tail, iter ? iter : lowering_none(l));
	lowering_append(l, node, &tail, target ? target : lowering_none(l));
	lowering_append(l, node, &tail, body ? body : lowering_node(l, PY_BLOCK));
	lowering_append(l, node, &tail, orelse ? orelse : lowering_none(l));
	return node;
}

/* except [type [as name]]: block */
static uint32_t lower_handler(struct lowering *l)
{
	uint32_t node = lowering_node(l, PY_HANDLER), tail = 0, type = 0, block = 0, name = 0;

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
				else if (at_named(l))
					type = lower_expression(l);
			} while (lowering_next(l));
			lowering_leave(l);
		} else if (at_field(l, "alias")) {
			name = lowering_text(l);
		} else if (at_named(l)) {
			type = lower_expression(l);
		}
	} while (lowering_next(l));
	lowering_leave(l);
	lowering_append(l, node, &tail, type ? type : lowering_none(l));
	lowering_append(l, node, &tail, block ? block : lowering_node(l, PY_BLOCK));
	if (!l->err)
		l->nodes[node].name = name;
	return node;
}

static uint32_t lower_try(struct lowering *l)
{
	uint32_t node = lowering_node(l, PY_TRY), tail = 0, block = 0;

	if (!lowering_enter(l))
		return node;
	do {
		enum symbol s = lowering_symbol(l);

		if (s != SYM_BLOCK && !block && s != SYM_TOKEN && s != SYM_T_COLON) {
			block = lowering_node(l, PY_BLOCK);
			lowering_append(l, node, &tail, block);
		}
		if (s == SYM_BLOCK && !block)
			lowering_append(l, node, &tail, block = lower_block(l));
		else if (s == SYM_EXCEPT || s == SYM_EXCEPT_GROUP)
			lowering_append(l, node, &tail, lower_handler(l));
		else if (s == SYM_ELSE)
			lowering_append(l, node, &tail, lower_wrapped_block(l, PY_ELSE));
		else if (s == SYM_FINALLY)
			lowering_append(l, node, &tail, lower_wrapped_block(l, PY_FINALLY));
	} while (lowering_next(l));
	lowering_leave(l);
	if (!block)
		lowering_append(l, node, &tail, lowering_node(l, PY_BLOCK));
	return node;
}

/* value [as target], the `as` being inside the value. */
static uint32_t lower_item(struct lowering *l)
{
	uint32_t node = lowering_node(l, PY_ITEM), tail = 0, value = 0, target = 0;
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
			else if (at_named(l) && !value)
				value = lower_expression(l);
		} while (lowering_next(l));
	}
	while (levels--)
		lowering_leave(l);
	lowering_append(l, node, &tail, value ? value : lowering_none(l));
	lowering_append(l, node, &tail, target ? target : lowering_none(l));
	return node;
}

static uint32_t lower_with(struct lowering *l)
{
	uint32_t node = lowering_node(l, PY_WITH), tail = 0, body = 0;

	if (!lowering_enter(l))
		return node;
	do {
		enum symbol s = lowering_symbol(l);

		if (s == SYM_T_ASYNC && !l->err)
			l->nodes[node].flags |= PY_ASYNC;
		else if (s == SYM_BLOCK)
			body = lower_block(l);
		else if (s == SYM_WITH_CLAUSE && lowering_enter(l)) {
			do {
				if (lowering_symbol(l) == SYM_WITH_ITEM)
					lowering_append(l, node, &tail, lower_item(l));
			} while (lowering_next(l));
			lowering_leave(l);
		}
	} while (lowering_next(l));
	lowering_leave(l);
	lowering_append(l, node, &tail, body ? body : lowering_node(l, PY_BLOCK));
	return node;
}

static uint32_t lower_case(struct lowering *l)
{
	uint32_t node = lowering_node(l, PY_CASE), tail = 0, pattern, ptail = 0, guard = 0,
		 body = 0;

	pattern = lowering_node(l, PY_OPAQUE);
	if (lowering_enter(l)) {
		do {
			enum symbol s = lowering_symbol(l);

			if (s == SYM_BLOCK)
				body = lower_block(l);
			else if (s == SYM_IF_CLAUSE)
				guard = lowering_children(l, PY_OPAQUE);
			else if (at_named(l))
				lowering_append(l, pattern, &ptail, lower_expression(l));
		} while (lowering_next(l));
		lowering_leave(l);
	}
	lowering_append(l, node, &tail, pattern);
	lowering_append(l, node, &tail, guard ? guard : lowering_none(l));
	lowering_append(l, node, &tail, body ? body : lowering_node(l, PY_BLOCK));
	return node;
}

static uint32_t lower_match(struct lowering *l)
{
	uint32_t node = lowering_node(l, PY_MATCH), tail = 0, subject;

	subject = lowering_node(l, PY_OPAQUE);
	lowering_append(l, node, &tail, subject);
	if (!lowering_enter(l))
		return node;
	for (uint32_t stail = 0, more = 1; more; more = lowering_next(l)) {
		if (lowering_symbol(l) == SYM_BLOCK && lowering_enter(l)) {
			do {
				if (lowering_symbol(l) == SYM_CASE)
					lowering_append(l, node, &tail, lower_case(l));
			} while (lowering_next(l));
			lowering_leave(l);
		} else if (at_field(l, "subject")) {
			lowering_append(l, subject, &stail, lower_expression(l));
		}
	}
	lowering_leave(l);
	return node;
}

static uint32_t lower_function(struct lowering *l, uint32_t decorators)
{
	uint32_t node = lowering_node(l, PY_FUNC), tail = 0, params = 0, type = 0, body = 0,
		 name = 0;

	if (lowering_enter(l)) {
		do {
			enum symbol s = lowering_symbol(l);

			if (s == SYM_T_ASYNC && !l->err)
				l->nodes[node].flags |= PY_ASYNC;
			else if (at_field(l, "name"))
				name = lowering_text(l);
			else if (s == SYM_PARAMETERS)
				params = lower_parameters(l);
			else if (at_field(l, "return_type"))
				type = lower_expression(l);
			else if (s == SYM_BLOCK)
				body = lower_block(l);
		} while (lowering_next(l));
		lowering_leave(l);
	}
	lowering_append(l, node, &tail, decorators ? decorators : lowering_node(l, PY_DECORATORS));
	lowering_append(l, node, &tail, params ? params : lowering_node(l, PY_PARAMS));
	lowering_append(l, node, &tail, type ? type : lowering_none(l));
	lowering_append(l, node, &tail, body ? body : lowering_node(l, PY_BLOCK));
	if (!l->err)
		l->nodes[node].name = name;
	return node;
}

static uint32_t lower_class(struct lowering *l, uint32_t decorators)
{
	uint32_t node = lowering_node(l, PY_CLASS), tail = 0, bases, btail = 0, body = 0, name = 0;

	bases = lowering_node(l, PY_BASES);
	if (lowering_enter(l)) {
		do {
			if (at_field(l, "name"))
				name = lowering_text(l);
			else if (lowering_symbol(l) == SYM_ARGUMENT_LIST)
				lower_arguments(l, bases, &btail);
			else if (lowering_symbol(l) == SYM_BLOCK)
				body = lower_block(l);
		} while (lowering_next(l));
		lowering_leave(l);
	}
	lowering_append(l, node, &tail, decorators ? decorators : lowering_node(l, PY_DECORATORS));
	lowering_append(l, node, &tail, bases);
	lowering_append(l, node, &tail, body ? body : lowering_node(l, PY_BLOCK));
	if (!l->err)
		l->nodes[node].name = name;
	return node;
}

static uint32_t lower_decorated(struct lowering *l)
{
	uint32_t decorators = lowering_node(l, PY_DECORATORS), tail = 0, node = 0;

	if (!lowering_enter(l))
		return decorators;
	do {
		enum symbol s = lowering_symbol(l);

		if (s == SYM_DECORATOR && lowering_enter(l)) {
			do {
				if (at_named(l))
					lowering_append(l, decorators, &tail, lower_expression(l));
			} while (lowering_next(l));
			lowering_leave(l);
		} else if (s == SYM_FUNCTION) {
			node = lower_function(l, decorators);
		} else if (s == SYM_CLASS) {
			node = lower_class(l, decorators);
		}
	} while (lowering_next(l));
	lowering_leave(l);
	if (!node && !l->err)
		l->nodes[decorators].kind = PY_ERROR;
	return node ? node : decorators;
}

/* del a, b: the targets, out of their list */
static uint32_t lower_delete(struct lowering *l)
{
	uint32_t node = lowering_children(l, PY_DEL), first;

	if (l->err)
		return node;
	first = l->nodes[node].first;
	if (first && l->nodes[first].kind == PY_TUPLE)
		l->nodes[node].first = l->nodes[first].first;
	return node;
}

static uint32_t lower_by_symbol(struct lowering *l)
{
	switch (lowering_symbol(l)) {
	case SYM_EXPRESSION_STATEMENT:
		return lower_expression_statement(l);
	case SYM_RETURN:
		return lowering_children(l, PY_RETURN);
	case SYM_RAISE:
		return lowering_children(l, PY_RAISE);
	case SYM_BREAK:
		return lowering_node(l, PY_BREAK);
	case SYM_CONTINUE:
		return lowering_node(l, PY_CONTINUE);
	case SYM_PASS:
	case SYM_TYPE_ALIAS:
		return lowering_node(l, PY_PASS);
	case SYM_DELETE:
		return lower_delete(l);
	case SYM_GLOBAL:
		return lowering_children(l, PY_GLOBAL);
	case SYM_NONLOCAL:
		return lowering_children(l, PY_NONLOCAL);
	case SYM_ASSERT:
		return lowering_children(l, PY_ASSERT);
	case SYM_IMPORT:
	case SYM_FUTURE_IMPORT:
		return lower_import(l, PY_IMPORT);
	case SYM_IMPORT_FROM:
		return lower_import(l, PY_FROM);
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

	if (l->depth >= PYTREE_DEPTH) {
		l->too_deep = true;
		return lowering_node(l, PY_ERROR);
	}
	l->depth++;
	node = lower_by_symbol(l);
	l->depth--;
	if (broken && !l->err) {
		l->nodes[node].flags |= PY_HAS_ERROR;
		if (!l->error_line)
			l->error_line = l->nodes[node].line;
	}
	return node;
}

int lowering_run(struct lowering *l)
{
	lowering_string(l, "", 0);
	lower_block(l);
	return l->err;
}
