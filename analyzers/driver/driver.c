/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * driver.c - analysis.h: takes batches, keeps the world, calls the analyzers.
 *
 * The loop over a batch is where the time goes. Accesses, the bulk of the
 * events, go straight to the access engine; all else goes to the world and
 * then to the analyzers that asked for its kind.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"

/* ---- fan-out to the analyzers ---- */

#define TELL_ALL(analysis, handler, ...)                                                           \
	for (unsigned i_ = 0; i_ < (analysis)->handler##_count; i_++)                              \
	(analysis)->handler##_of[i_].analyzer->handler((analysis)->handler##_of[i_].state,         \
	                                               __VA_ARGS__)

static void on_section_begin(void *context, struct section *section, const struct aw_event *event)
{
	struct analysis *a = context;

	TELL_ALL(a, section_begin, section, event);
}

static void on_section_end(void *context, struct section *section, const struct aw_event *event)
{
	struct analysis *a = context;

	TELL_ALL(a, section_end, section, event);
}

static void on_section_gap(void *context, struct section *section, uint64_t site)
{
	struct analysis *a = context;

	TELL_ALL(a, section_gap, section, site);
}

static void on_conflict(void *context, const struct conflict *conflict, uint64_t count)
{
	struct analysis *a = context;

	for (unsigned i = 0; !conflict->is_protected && i < a->count; i++)
		if (a->chosen[i]->is_one && a->chosen[i]->is_one(conflict))
			findings_conflict(&a->findings, &a->world, a->chosen[i]->rule, conflict,
			                  count);
	TELL_ALL(a, conflict, conflict, count);
}

static void on_actor_end(void *context, struct actor *actor)
{
	struct analysis *a = context;

	locations_actor_end(&a->locations, actor);
}

static void tell(const struct handlers *handlers, struct thread *thread, struct actor *actor,
                 const struct aw_event *event)
{
	const struct moment moment = {.event = event, .thread = thread, .actor = actor};

	for (const struct handler *handler = handlers->list; handler->fn; handler++)
		handler->fn(handler->state, &moment);
}

/* ---- where an event goes, by its kind ---- */

enum route {
	/* To the access engine and nowhere else; an operation on a descriptor is both. */
	ROUTE_READ = ACCESS_READ,
	ROUTE_WRITE = ACCESS_WRITE,
	ROUTE_DEFINITION = 4, /* what only gives names: nothing happens, `task` may be no task */
	ROUTE_RARE = 8,       /* rare_event looks at it first */
	ROUTE_STEP_END = 16,  /* a step has ended, or did unseen */
	ROUTE_RESUME = 32,
	ROUTE_BEFORE = 64, /* some analyzer wants to know of it */
	ROUTE_AFTER = 128
};

static unsigned route_of(unsigned kind)
{
	switch (kind) {
	case AW_READ:
		return ROUTE_READ;
	case AW_WRITE:
		return ROUTE_WRITE;
	case AW_IO:
		return ROUTE_READ | ROUTE_WRITE;
	case AW_SITE:
	case AW_NAME:
	case AW_TEXT:
	case AW_MODULE:
		return ROUTE_DEFINITION;
	case AW_SUSPEND:
	case AW_CALLBACK:
		return ROUTE_STEP_END;
	case AW_TASK_END:
		return ROUTE_STEP_END | ROUTE_RARE;
	case AW_RESUME:
		return ROUTE_STEP_END | ROUTE_RESUME;
	case AW_CANCEL:
	case AW_FORGET:
	case AW_UNWATCHED:
	case AW_KIND_MAX: /* one that this version does not know */
		return ROUTE_RARE;
	default:
		return !kind || names_wants(kind) ? ROUTE_RARE : 0;
	}
}

static void routes_make(struct analysis *a)
{
	for (unsigned kind = 0; kind <= AW_KIND_MAX; kind++) {
		a->route[kind] = (uint8_t)route_of(kind);
		if (kind < AW_KIND_MAX && a->before[kind].list[0].fn)
			a->route[kind] |= ROUTE_BEFORE;
		if (kind < AW_KIND_MAX && a->after[kind].list[0].fn)
			a->route[kind] |= ROUTE_AFTER;
	}
}

/* ---- making ---- */

static bool is_chosen(const char *only, const char *name)
{
	size_t length = strlen(name);

	if (!only)
		return true;
	for (const char *at = only; (at = strstr(at, name)); at += length)
		if ((at == only || at[-1] == ',') && (!at[length] || at[length] == ','))
			return true;
	return false;
}

/* Every name in `only` must be an analyzer's. */
static bool only_is_known(const char *only)
{
	for (size_t length; only && *only; only += length + (only[length] == ',')) {
		bool known = false;

		length = strcspn(only, ",");
		for (unsigned i = 0; analyzers[i]; i++)
			known |= strlen(analyzers[i]->name) == length &&
			         !memcmp(analyzers[i]->name, only, length);
		if (!known)
			return false;
	}
	return true;
}

static int subscribe(struct handlers *handlers, uint64_t kinds,
                     void (*fn)(void *, const struct moment *), void *state)
{
	for (unsigned kind = 0; kind < AW_KIND_MAX; kind++) {
		unsigned count = 0;

		if (!(kinds & ANALYZER_KIND(kind)))
			continue;
		while (handlers[kind].list[count].fn)
			count++;
		if (count == HANDLERS_MAX)
			return -ENOSPC;
		handlers[kind].list[count] = (struct handler){fn, state};
	}
	return 0;
}

static void listen(struct analysis *a, const struct analyzer *analyzer, void *state)
{
	struct listener listener = {analyzer, state};

	if (analyzer->section_begin)
		a->section_begin_of[a->section_begin_count++] = listener;
	if (analyzer->section_end)
		a->section_end_of[a->section_end_count++] = listener;
	if (analyzer->section_gap)
		a->section_gap_of[a->section_gap_count++] = listener;
	if (analyzer->conflict)
		a->conflict_of[a->conflict_count++] = listener;
}

static int analyzers_open(struct analysis *a)
{
	for (unsigned i = 0; analyzers[i]; i++) {
		const struct analyzer *analyzer = analyzers[i];
		int err;

		if (!is_chosen(a->env.options.only, analyzer->name))
			continue;
		err = analyzer->open ? analyzer->open(&a->env, &a->state[a->count]) : 0;
		if (err)
			return err;
		listen(a, analyzer, a->state[a->count]);
		a->chosen[a->count++] = analyzer;
		err = subscribe(a->before, analyzer->before_kinds, analyzer->before,
		                a->state[a->count - 1]);
		if (!err)
			err = subscribe(a->after, analyzer->after_kinds, analyzer->after,
			                a->state[a->count - 1]);
		if (err)
			return err;
	}
	return 0;
}

int analysis_new(const struct analysis_options *options, struct analysis **out)
{
	struct analysis *a = calloc(1, sizeof(*a));
	struct world_hooks hooks = {a, on_section_begin, on_section_end, on_section_gap,
	                            on_actor_end};
	int err;

	*out = NULL;
	if (!a)
		return -ENOMEM;
	if (options)
		a->env.options = *options;
	if (!a->env.options.long_step_ns)
		a->env.options.long_step_ns = 100000000;
	a->env.world = &a->world;
	a->env.findings = &a->findings;
	a->env.report = &a->report;
	a->env.blind = &a->locations.blind;
	a->env.ignored = &a->locations.ignored;
	a->env.pool = &a->pool;
	err = only_is_known(a->env.options.only) ? names_new(&a->names) : -ENOENT;
	if (!err)
		err = world_init(&a->world, a->names, &hooks);
	process_space_init(&a->space, a->names);
	locations_init(&a->locations, &a->world, on_conflict, a);
	if (!err)
		err = analyzers_open(a);
	routes_make(a);
	if (err) {
		analysis_free(a);
		return err;
	}
	*out = a;
	return 0;
}

void analysis_free(struct analysis *a)
{
	if (!a)
		return;
	for (unsigned i = 0; i < a->count; i++)
		if (a->chosen[i]->close)
			a->chosen[i]->close(a->state[i]);
	locations_fini(&a->locations);
	world_fini(&a->world);
	process_space_fini(&a->space);
	names_free(a->names);
	findings_fini(&a->findings);
	text_pool_fini(&a->pool);
	free(a);
}

/* ---- feeding ---- */

/* The bits of a READ or WRITE that has flags in its arg. */
static unsigned flagged_bits(const struct aw_event *event)
{
	unsigned bits;

	if (event->kind == AW_WRITE)
		return ACCESS_WRITE | (event->arg & AW_ARG_SAME ? ACCESS_SAME : 0) |
		       (event->arg & AW_ARG_INFERRED ? ACCESS_INFERRED : 0);
	bits = event->arg & AW_ARG_USE ? ACCESS_USE : ACCESS_READ;
	if (event->arg & AW_ARG_TEST)
		bits |= ACCESS_TEST;
	if (event->arg & AW_ARG_ITERATE)
		bits |= ACCESS_ITERATE;
	return bits;
}

static inline void access_event(struct analysis *a, struct thread *thread, struct actor *actor,
                                const struct aw_event *event, unsigned bits)
{
	uint64_t key = event->object;

	if (!actor->running)
		world_step_assume(&a->world, thread, actor, event->time);
	if (bits == (ACCESS_READ | ACCESS_WRITE)) {
		bits |= ACCESS_IO;
		key = locations_io_key(key);
	} else if (event->arg & ~AW_SIZE_MAX) {
		bits = flagged_bits(event);
	}
	locations_access(&a->locations, thread, actor, key, bits, event);
}

/* What suspended for a descriptor touches it again when it goes on. */
static void io_resumed(struct analysis *a, struct thread *thread, struct actor *actor,
                       const struct aw_event *event)
{
	struct aw_event again = *event;

	if (actor->await != AW_AWAIT_IO || !actor->object)
		return;
	again.site = actor->site;
	locations_access(&a->locations, thread, actor, locations_io_key(actor->object),
	                 ACCESS_READ | ACCESS_WRITE | ACCESS_IO, &again);
}

static int rare_event(struct analysis *a, const struct stream_batch *batch,
                      const struct aw_event *event)
{
	if (event->kind == AW_CANCEL)
		locations_cancelled(&a->locations, event->object);
	if (event->kind == AW_FORGET)
		locations_forget(&a->locations, event->object, event->site);
	if (event->kind == AW_UNWATCHED)
		a->unwatched += event->object;
	if (event->kind >= AW_KIND_MAX || !event->kind) {
		a->unknown++;
		return 0;
	}
	if (event->kind == AW_SITE && !process_space_many(&a->space) &&
	    process_space_site(&a->space, event->object))
		return -ENOMEM;
	if (names_wants(event->kind))
		return names_event(a->names, batch->pid, batch->tid, event);
	return 0;
}

static int world_takes(struct analysis *a, const struct stream_batch *batch, struct thread *thread,
                       struct actor *actor, const struct aw_event *event, unsigned route)
{
	if (route & ROUTE_RARE) {
		int err = rare_event(a, batch, event);

		if (err || event->kind >= AW_KIND_MAX || !event->kind)
			return err;
	}
	if (route & ROUTE_STEP_END)
		locations_step_end(&a->locations);
	if (route & ROUTE_BEFORE)
		tell(&a->before[event->kind], thread, actor, event);
	world_event(&a->world, thread, actor, event);
	if (route & ROUTE_RESUME)
		io_resumed(a, thread, actor, event);
	if (route & ROUTE_AFTER)
		tell(&a->after[event->kind], thread, actor, event);
	return a->world.error;
}

/* Of a thread that is one too many to be told apart: what it did is not known, only that it did. */
static int leave_out(struct analysis *a, const struct stream_batch *batch,
                     const struct aw_event *event, unsigned route)
{
	int err = 0;

	if (route & ROUTE_RARE)
		err = rare_event(a, batch, event);
	a->world.order++;
	world_leave_out(&a->world, batch->tid, event);
	return err ? err : a->world.error;
}

/* A stream_fn: events of the process that is analysed. */
static int feed(void *analysis, const struct stream_batch *batch)
{
	struct analysis *a = analysis;
	const struct aw_event *event = batch->events, *end = event + batch->count;
	struct thread *thread = NULL; /* a stream of definitions only is no thread of the target */
	int err;

	a->events += batch->count;
	for (; event < end; event++) {
		unsigned route = a->route[event->kind < AW_KIND_MAX ? event->kind : AW_KIND_MAX];
		struct actor *actor;

		if (route & ROUTE_DEFINITION) {
			err = rare_event(a, batch, event);
			if (err)
				return err;
			continue;
		}
		if (!thread)
			thread = a->world.told = world_thread(&a->world, batch->tid);
		if (!thread && a->world.error)
			return a->world.error;
		if (!thread) {
			err = leave_out(a, batch, event, route);
			if (err)
				return err;
			continue;
		}
		a->world.order++;
		actor = world_actor(&a->world, thread, event->task);
		if (route & (ROUTE_READ | ROUTE_WRITE)) {
			access_event(a, thread, actor, event, route & (ROUTE_READ | ROUTE_WRITE));
			continue;
		}
		err = world_takes(a, batch, thread, actor, event, route);
		if (err)
			return err;
	}
	return a->world.error ? a->world.error : a->locations.error;
}

int analysis_feed(void *analysis, const struct stream_batch *batch)
{
	struct analysis *a = analysis;
	int err;

	if (!a->world.pid)
		a->world.pid = batch->pid;
	if (batch->pid == a->world.pid && !process_space_many(&a->space))
		return feed(a, batch);
	if (a->world.runtime != AW_RUNTIME_CPYTHON) {
		a->foreign += batch->count; /* their ids may be the same */
		return 0;
	}
	err = process_space_feed(&a->space, a->world.pid, batch, feed, a);
	a->world.can &= a->space.can;
	return err;
}
