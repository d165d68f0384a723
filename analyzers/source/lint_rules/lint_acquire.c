/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_acquire.c - `await lock.acquire()` by hand: is the lock released if an await
 * between it and the release is cancelled?
 *
 * Statements after the acquire are followed on all ways on which the lock is still held, outwards
 * through the blocks that enclose it. A suspension on the way is
 * covered if it stands in a try whose finally, or whose handler for all
 * exceptions or CancelledError, releases the lock.
 */
#include <string.h>

#include "lint_acquire.h"
#include "lint_model_parts.h"
#include "source/model/model_suspend.h"
#include "source/program/language.h"
#include "source/program/program_node.h"

struct acquire {
	struct model *model;
	struct program *p; /* the model\'s */
	uint32_t file, func, lock;
	uint32_t site; /* the first suspension that is not covered */
};

static bool is_release(const struct acquire *a, uint32_t node)
{
	for (uint32_t i = 1; i < a->model->uses.count; i++) {
		const struct model_use *u = &a->model->uses.at[i];

		if (u->kind == USE_RELEASE && u->lock == a->lock && u->file == a->file &&
		    u->node == node)
			return true;
	}
	return false;
}

static bool releases_within(const struct acquire *a, uint32_t node)
{
	const struct tree_node *n = program_node(a->p, a->file, node);

	if ((n->kind == TREE_ATTR || n->kind == TREE_NAME) && is_release(a, node))
		return true;
	for (uint32_t c = n->first; c; c = program_node(a->p, a->file, c)->next)
		if (releases_within(a, c))
			return true;
	return false;
}

static bool catches_cancellation(const struct acquire *a, uint32_t name)
{
	return language_means(a->p, name) & MEANS_CATCHES ||
	       strstr(program_text(a->p, name), "Cancelled");
}

/* Handlers that also run for CancelledError. */
static bool handler_catches_all(const struct acquire *a, uint32_t handler)
{
	uint32_t type = program_node(a->p, a->file, handler)->first;
	const struct tree_node *n = program_node(a->p, a->file, type);

	if (n->kind == TREE_NONE)
		return true;
	if (n->kind == TREE_TUPLE) {
		for (uint32_t c = n->first; c; c = program_node(a->p, a->file, c)->next)
			if (catches_cancellation(a, program_node(a->p, a->file, c)->name))
				return true;

		return false;
	}
	return catches_cancellation(a, n->name);
}

static bool try_covers(const struct acquire *a, uint32_t node)
{
	uint32_t c = program_node(a->p, a->file, node)->first;

	for (c = program_node(a->p, a->file, c)->next; c;
	     c = program_node(a->p, a->file, c)->next) {
		const struct tree_node *n = program_node(a->p, a->file, c);

		if (n->kind == TREE_FINALLY && releases_within(a, c))
			return true;
		if (n->kind == TREE_HANDLER && handler_catches_all(a, c) && releases_within(a, c))
			return true;
	}
	return false;
}

static bool hold_block(struct acquire *a, uint32_t block);

/* An expression or statement of one step, the lock being held. Is it still held after it? */
static bool hold_simple(struct acquire *a, uint32_t node)
{
	uint32_t site;

	if (!node || releases_within(a, node))
		return false;
	site = model_suspends_within(a->model, a->file, node, false);
	if (site && !a->site)
		a->site = site;
	return true;
}

/* What stands before the blocks (a test, an iterable, the items of a with), then the blocks, each
 * of which may be the one that is run. `skips`: none need be. */
static bool hold_compound(struct acquire *a, uint32_t node, bool skips)
{
	bool held = skips;
	uint32_t count = 0;

	for (uint32_t c = program_node(a->p, a->file, node)->first; c && !a->site;
	     c = program_node(a->p, a->file, c)->next) {
		uint8_t kind = program_node(a->p, a->file, c)->kind;

		count++;
		if (kind == TREE_BLOCK) {
			held |= hold_block(a, c);
		} else if (kind == TREE_CASE) {
			held |= hold_compound(a, c, false);
		} else if (!hold_simple(a, c)) {
			return false;
		}
	}
	/* (test, BLOCK)* without the BLOCK of an else */
	if (program_node(a->p, a->file, node)->kind == TREE_IF)
		held |= count % 2 == 0;
	return held;
}

/* What its handlers or its finally release is covered; so is what they do. */
static bool hold_try(struct acquire *a, uint32_t node)
{
	uint32_t body = program_node(a->p, a->file, node)->first;
	struct acquire inside = *a;
	bool held = hold_block(try_covers(a, node) ? &inside : a, body);

	for (uint32_t c = program_node(a->p, a->file, body)->next; c && !a->site;
	     c = program_node(a->p, a->file, c)->next) {
		const struct tree_node *n = program_node(a->p, a->file, c);

		if (n->kind == TREE_FINALLY)
			return releases_within(a, c) ? false : hold_block(a, n->first) && held;
		if (n->kind == TREE_HANDLER)
			held |= hold_block(a, program_node(a->p, a->file, n->first)->next);
		else if (n->kind == TREE_ELSE && held)
			held = hold_block(a, n->first);
	}
	return held;
}

/* Is the lock still held after the statement, on any way that goes on? */
static bool hold_statement(struct acquire *a, uint32_t node)
{
	switch (program_node(a->p, a->file, node)->kind) {
	case TREE_FUNC:
	case TREE_CLASS:
		return true;
	case TREE_RETURN:
	case TREE_RAISE:
	case TREE_BREAK:
	case TREE_CONTINUE:
		return false; /* leaves with the lock taken: others may be meant to release it */
	case TREE_TRY:
		return hold_try(a, node);
	case TREE_IF:
	case TREE_WITH:
	case TREE_MATCH:
		return hold_compound(a, node,
		                     program_node(a->p, a->file, node)->kind == TREE_MATCH);
	case TREE_FOR:
	case TREE_WHILE:
		return hold_compound(a, node, true);
	default:
		return hold_simple(a, node);
	}
}

/* Follows statements from `node` on, to the first suspension that is not covered. */
static bool hold_from(struct acquire *a, uint32_t node)
{
	bool held = true;

	for (; node && held && !a->site; node = program_node(a->p, a->file, node)->next)
		held = hold_statement(a, node);
	return held;
}

static bool hold_block(struct acquire *a, uint32_t block)
{
	return hold_from(a, program_node(a->p, a->file, block)->first);
}

static void acquire_follow(struct acquire *a, uint32_t node)
{
	const struct program *p = a->p;
	uint32_t at = node, up = program_parent(p, a->file, at);

	while (up && !a->site) {
		const struct tree_node *n = program_node(p, a->file, up);

		if (n->kind == TREE_BLOCK && !hold_from(a, program_node(p, a->file, at)->next))
			return;
		if (n->kind == TREE_FUNC || n->kind == TREE_WHILE || n->kind == TREE_FOR)
			return;
		if (n->kind == TREE_TRY && program_node(p, a->file, up)->first == at &&
		    try_covers(a, up))
			return;
		at = up;
		up = program_parent(p, a->file, up);
	}
}

static bool released_in(const struct model *model, uint32_t func, uint32_t lock)
{
	for (uint32_t i = 1; i < model->uses.count; i++)
		if (model->uses.at[i].kind == USE_RELEASE && model->uses.at[i].lock == lock &&
		    model->uses.at[i].func == func)
			return true;
	return false;
}

/* __aenter__ acquires it, and __aexit__ of the same class releases it. */
static bool released_at_exit(const struct model *model, uint32_t func, uint32_t lock)
{
	const struct program *p = &model->program;
	const struct program_func *enter = &p->funcs.at[func];

	if (!enter->class || strcmp(program_text(p, enter->name), p->language->enter) != 0)
		return false;
	for (uint32_t i = 1; i < p->funcs.count; i++)
		if (p->funcs.at[i].class == enter->class &&
		    !strcmp(program_text(p, p->funcs.at[i].name), p->language->leave) &&
		    released_in(model, i, lock))
			return true;
	return false;
}

static void leak_report(struct lint_model *m, const struct acquire *a, uint32_t node)
{
	struct program *p = &m->model.program;
	const struct model_lock *l = &m->model.locks.at[a->lock];
	uint32_t id = lint_finding_new(m, LINT_LEAK, l->label);

	if (!id)
		return;
	lint_finding_place(m, a->file, node, "acquired", "the lock is taken here");
	lint_finding_place(m, a->file, m->model.sites.at[a->site].node, "suspends",
	                   "cancelled or failing here, the task leaves the lock taken");
	lint_finding_message(
		m, id,
		"`%s` stays locked for ever if the task is cancelled at the await in line %u",
		program_text(p, l->label),
		program_node(p, a->file, m->model.sites.at[a->site].node)->line);
	lint_finding_why(
		m, id,
		"The release is not reached when the await raises: no `finally`, and no handler "
		"that also catches CancelledError, releases it.");
	lint_finding_fix(m, id, "use `async with`, or put the release into a `finally`");
}

static void unreleased_report(struct lint_model *m, const struct acquire *a, uint32_t node)
{
	struct program *p = &m->model.program;
	const struct model_lock *l = &m->model.locks.at[a->lock];
	uint32_t id = lint_finding_new(m, LINT_UNRELEASED, l->label);

	if (!id)
		return;
	lint_finding_place(m, a->file, node, "acquired", "the lock is taken here");
	lint_finding_message(m, id, "`%s` is acquired in a function that never releases it",
	                     program_text(p, l->label));
	lint_finding_why(m, id,
	                 "Whoever releases it must do so on every way out, cancellation included.");
	lint_finding_fix(m, id, "acquire and release in one function, best with `async with`");
}

/* A lock of the function's own ends with it, taken or not. */
static bool lives_in(const struct program *p, const struct model_lock *l, uint32_t func)
{
	return p->scopes.at[l->scope].kind == SCOPE_FUNC && p->scopes.at[l->scope].id == func;
}

void lint_acquire(struct lint_model *m)
{
	struct program *p = &m->model.program;

	for (uint32_t i = 1; i < m->model.uses.count && !p->err; i++) {
		const struct model_use *u = &m->model.uses.at[i];
		const struct model_lock *l = &m->model.locks.at[u->lock];
		struct acquire a = {.model = &m->model,
		                    .p = p,
		                    .file = u->file,
		                    .func = u->func,
		                    .lock = u->lock};
		uint32_t attr, call, up;

		if (u->kind != USE_ACQUIRE || !u->certain || !u->func ||
		    l->flavour == FLAVOUR_THREAD || l->type != LOCK_LOCK || lives_in(p, l, u->func))
			continue;
		attr = program_parent(p, u->file, u->node);
		call = program_parent(p, u->file, attr);
		up = program_parent(p, u->file, call);
		/* only a plain statement: what is done with a result may be a test of it */
		if (program_node(p, u->file, up)->kind != TREE_AWAIT ||
		    program_node(p, u->file, program_parent(p, u->file, up))->kind != TREE_EXPR)
			continue;
		if (!released_in(&m->model, u->func, u->lock)) {
			if (!released_at_exit(&m->model, u->func, u->lock))
				unreleased_report(m, &a, call);
			continue;
		}
		acquire_follow(&a, up);
		if (a.site)
			leak_report(m, &a, call);
	}
}
