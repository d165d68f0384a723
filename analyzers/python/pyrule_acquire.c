/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pyrule_acquire.c - `await lock.acquire()` by hand: is the lock released if an await
 * between it and the release is cancelled?
 *
 * Statements after the acquire are followed, outwards through the blocks that
 * enclose it, to the first that releases the lock. A suspension on the way is
 * covered if it stands in a try whose finally, or whose handler for all
 * exceptions or CancelledError, releases the lock.
 */
#include <string.h>

#include "pyfinding.h"

struct acquire {
	struct py_program *p;
	uint32_t file, func, lock;
	uint32_t site; /* the first suspension that is not covered */
	bool released; /* the statements so far release it, on a way that goes on */
};

static bool is_release(const struct acquire *a, uint32_t node)
{
	for (uint32_t i = 1; i < a->p->uses.count; i++) {
		const struct py_use *u = &a->p->uses.at[i];

		if (u->kind == USE_RELEASE && u->lock == a->lock && u->file == a->file &&
		    u->node == node)
			return true;
	}
	return false;
}

static bool releases_within(const struct acquire *a, uint32_t node)
{
	const struct py_node *n = py_node(a->p, a->file, node);

	if ((n->kind == PY_ATTR || n->kind == PY_NAME) && is_release(a, node))
		return true;
	for (uint32_t c = n->first; c; c = py_node(a->p, a->file, c)->next)
		if (releases_within(a, c))
			return true;
	return false;
}

/* Handlers that also run for CancelledError. */
static bool handler_catches_all(const struct acquire *a, uint32_t handler)
{
	uint32_t type = py_node(a->p, a->file, handler)->first;
	const struct py_node *n = py_node(a->p, a->file, type);

	if (n->kind == PY_NONE)
		return true;
	if (n->kind == PY_TUPLE) {
		for (uint32_t c = n->first; c; c = py_node(a->p, a->file, c)->next) {
			const char *name = py_text(a->p, py_node(a->p, a->file, c)->name);

			if (strstr(name, "Cancelled") || !strcmp(name, "BaseException"))
				return true;
		}
		return false;
	}
	return !strcmp(py_text(a->p, n->name), "BaseException") ||
	       strstr(py_text(a->p, n->name), "Cancelled");
}

static bool try_covers(const struct acquire *a, uint32_t node)
{
	uint32_t c = py_node(a->p, a->file, node)->first;

	for (c = py_node(a->p, a->file, c)->next; c; c = py_node(a->p, a->file, c)->next) {
		const struct py_node *n = py_node(a->p, a->file, c);

		if (n->kind == PY_FINALLY && releases_within(a, c))
			return true;
		if (n->kind == PY_HANDLER && handler_catches_all(a, c) && releases_within(a, c))
			return true;
	}
	return false;
}

/* Follows statements from `node` on. False: stop, the lock is released or what comes is covered. */
static bool follow(struct acquire *a, uint32_t node)
{
	for (; node && !a->site; node = py_node(a->p, a->file, node)->next) {
		const struct py_node *n = py_node(a->p, a->file, node);
		uint32_t site;

		if (n->kind == PY_TRY && try_covers(a, node))
			return false;
		if (n->kind == PY_RETURN || n->kind == PY_RAISE)
			return false;
		if (releases_within(a, node)) {
			/* a suspension may come before the release inside of it */
			if (n->kind == PY_TRY || n->kind == PY_WITH)
				follow(a, py_node(a->p, a->file, n->first)->kind == PY_BLOCK
				                  ? py_node(a->p, a->file, n->first)->first
				                  : 0);
			a->released = true;
			return false;
		}
		site = py_suspends_within(a->p, a->file, node, false);
		if (site)
			a->site = site;
	}
	return !a->site;
}

static void acquire_follow(struct acquire *a, uint32_t node)
{
	const struct py_program *p = a->p;
	uint32_t at = node, up = py_parent(p, a->file, at);

	while (up && !a->site) {
		const struct py_node *n = py_node(p, a->file, up);

		if (n->kind == PY_BLOCK && !follow(a, py_node(p, a->file, at)->next))
			return;
		if (n->kind == PY_FUNC || n->kind == PY_WHILE || n->kind == PY_FOR)
			return;
		if (n->kind == PY_TRY && py_node(p, a->file, up)->first == at && try_covers(a, up))
			return;
		at = up;
		up = py_parent(p, a->file, up);
	}
}

static bool released_in(const struct py_program *p, uint32_t func, uint32_t lock)
{
	for (uint32_t i = 1; i < p->uses.count; i++)
		if (p->uses.at[i].kind == USE_RELEASE && p->uses.at[i].lock == lock &&
		    p->uses.at[i].func == func)
			return true;
	return false;
}

static void leak_report(struct pymodel *m, const struct acquire *a, uint32_t node)
{
	struct py_program *p = &m->program;
	const struct py_lock *l = &p->locks.at[a->lock];
	uint32_t id = finding_new(m, PYRULE_LEAK, l->label);

	if (!id)
		return;
	finding_place(m, a->file, node, "acquired", "the lock is taken here");
	finding_place(m, a->file, p->sites.at[a->site].node, "suspends",
	              "cancelled or failing here, the task leaves the lock taken");
	finding_message(
		m, id,
		"`%s` stays locked for ever if the task is cancelled at the await in line %u",
		py_text(p, l->label), py_node(p, a->file, p->sites.at[a->site].node)->line);
	finding_why(
		m, id,
		"The release is not reached when the await raises: no `finally`, and no handler "
		"that also catches CancelledError, releases it.");
	finding_fix(m, id, "use `async with`, or put the release into a `finally`");
}

static void unreleased_report(struct pymodel *m, const struct acquire *a, uint32_t node)
{
	struct py_program *p = &m->program;
	const struct py_lock *l = &p->locks.at[a->lock];
	uint32_t id = finding_new(m, PYRULE_UNRELEASED, l->label);

	if (!id)
		return;
	finding_place(m, a->file, node, "acquired", "the lock is taken here");
	finding_message(m, id, "`%s` is acquired in a function that never releases it",
	                py_text(p, l->label));
	finding_why(m, id,
	            "Whoever releases it must do so on every way out, cancellation included.");
	finding_fix(m, id, "acquire and release in one function, best with `async with`");
}

void pyrules_acquire(struct pymodel *m)
{
	struct py_program *p = &m->program;

	for (uint32_t i = 1; i < p->uses.count && !p->err; i++) {
		const struct py_use *u = &p->uses.at[i];
		const struct py_lock *l = &p->locks.at[u->lock];
		struct acquire a = {.p = p, .file = u->file, .func = u->func, .lock = u->lock};
		uint32_t attr, call, up;

		if (u->kind != USE_ACQUIRE || !u->certain || !u->func ||
		    l->flavour == FLAVOUR_THREAD || l->type != LOCK_LOCK)
			continue;
		attr = py_parent(p, u->file, u->node);
		call = py_parent(p, u->file, attr);
		up = py_parent(p, u->file, call);
		/* only a plain statement: what is done with a result may be a test of it */
		if (py_node(p, u->file, up)->kind != PY_AWAIT ||
		    py_node(p, u->file, py_parent(p, u->file, up))->kind != PY_EXPR)
			continue;
		if (!released_in(p, u->func, u->lock)) {
			unreleased_report(m, &a, call);
			continue;
		}
		acquire_follow(&a, up);
		if (a.site)
			leak_report(m, &a, call);
	}
}
