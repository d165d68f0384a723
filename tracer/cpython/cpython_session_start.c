/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_session_start.c - a session finds its target, attaches to it and feeds the programs what
 * they ask for; a target that is starting is held until then.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "cpython_queue.h"
#include "cpython_session_state.h"
#include "cpython_snapshot.h"
#include "base/clock_now.h"

enum { SNAPSHOT_MS = 300 }; /* of an attachment that is to be there within a second */

static int take_fact(void *context, const struct cpython_fact *fact, size_t size)
{
	struct cpython_session *s = context;

	if (fact->kind == CPYTHON_FACT_LOAD) {
		s->held = true;
		s->first_step = fact->flags & CPYTHON_ENTER_FIRST;
		return 0;
	}
	if (fact->kind == CPYTHON_FACT_CODE)
		return cpython_translate_define(s->translator, (const void *)fact, size);
	if (fact->kind == CPYTHON_FACT_END)
		return 0; /* what came before it is read by now */
	return cpython_translate_fact(s->translator, fact, size);
}

static void take_type(void *context, uint32_t pid, uint64_t type,
                      const struct cpython_type_value *how)
{
	struct cpython_session *s = context;

	(void)pid;
	cpython_attachment_type(s->attachment, 0, type, how);
}

/* Where a loop's queue is; without one, tasks being made are looked at themselves. */
static void take_loop(void *context, uint64_t loop)
{
	struct cpython_session *s = context;
	const struct cpython_memory memory = {cpython_memory_kept, s->memory,
	                                      &s->found.target.layout, NULL};
	struct cpython_loop_value value = {0};
	int error = 0;

	if (loop) {
		value = cpython_queue_find(&memory, loop);
		error = cpython_attachment_loop(s->attachment, 0, loop, &value);
	}
	if (!error && !value.ready && !s->makers) {
		s->makers = true;
		if (s->probing)
			error = cpython_attachment_attach(s->attachment, s->pid, &s->found,
			                                  s->options.detail, CPYTHON_PROBE_MAKE,
			                                  NULL);
	}
	if (!s->error)
		s->error = error;
}

/* The lock types there are, so that the first acquisition is already read with its state. What of
 * them the facts will need is read now: a program that ends takes them down before it is gone, and
 * a tracer that the machine kept waiting comes too late. */
static void types_tell(struct cpython_session *s)
{
	static const char *const names[][2] = {
		{"asyncio.locks", "Lock"},
		{"asyncio.locks", "Semaphore"},
		{"asyncio.locks", "BoundedSemaphore"},
		{"asyncio.locks", "Condition"},
		{"anyio._core._synchronization", "Lock"},
		{"anyio._core._synchronization", "Semaphore"},
		{"anyio._backends._asyncio", "Lock"},
		{"anyio._backends._asyncio", "Semaphore"},
		{"_thread", "LockType"},
		{"_thread", "RLock"},
	};
	const struct cpython_memory memory = {cpython_memory_kept, s->memory,
	                                      &s->found.target.layout, NULL};
	struct cpython_lock_type type;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint64_t address = cpython_find_global(&memory, s->found.target.interpreter,
		                                       names[i][0], names[i][1]);

		if (address && cpython_lock_type(&memory, address, &type))
			cpython_translate_type(s->translator, address);
	}
}

/* Finds the interpreter, as far as it has come, and tells the programs of it. */
static int session_find(struct cpython_session *s, struct fault *fault)
{
	struct target *target;
	int error = target_open(s->pid, &target);

	if (error)
		return fault_set(fault, error, "cannot look at process %d: %s", (int)s->pid,
		                 strerror(-error));
	target_close(s->target);
	s->target = target;
	error = kept_memory_renew(s->memory, s->pid);
	if (error)
		return fault_set(fault, error, "cannot read the memory of process %d: %s",
		                 (int)s->pid, strerror(-error));
	/* Without it (no CAP_SYS_PTRACE) what ran last may be told as lost. */
	kept_memory_keep(s->memory);
	error = cpython_find(s->target, &s->found, fault);
	if (error)
		return error;
	s->found.target.detail = s->options.detail;
	s->found.target.epoch = 1;
	s->found.target.queues = s->options.detail < CPYTHON_AWAITS;
	s->found.target.starting = s->stage == STAGE_LOADING;
	return cpython_attachment_target(s->attachment, 0, s->pid, &s->found.target);
}

static int session_translate(struct cpython_session *s)
{
	struct cpython_translate_options options = {
		.pid = s->options.pid,
		.detail = s->options.detail,
		.memory = {cpython_memory_kept, s->memory, &s->found.target.layout, NULL},
		.interpreter = s->found.target.interpreter,
		.function = s->found.target.function,
		.type_fn = take_type,
		.loop_fn = take_loop,
		.context = s,
		.ids = s->options.ids,
		.sites_from = s->options.sites_from,
		.log = s->options.log,
	};

	return cpython_translate_new(&options, &s->translator);
}

/* What cells are to be watched. Without it the session goes on, and says that it cannot see them.
 */
static void session_watch(struct cpython_session *s)
{
	const struct cpython_watch_options options = {
		.pid = s->pid,
		.start_time = s->target->start_time,
		.cells = cpython_layout_cells(&s->found.target.layout),
		.memory = {cpython_memory_kept, s->memory, &s->found.target.layout, NULL},
		.target = &s->found.target,
		.attachment = s->attachment,
		.translator = s->translator,
		.log = s->options.log,
		.fn = s->options.watch,
		.context = s->options.watch_context,
	};

	if (options.fn)
		cpython_watch_open(&options, &s->watch);
}

/* All probes but that of steps, from now on. */
unsigned cpython_session_probes(struct cpython_session *s)
{
	s->probing = true;
	return CPYTHON_PROBE_REST | (s->makers ? CPYTHON_PROBE_MAKE : 0);
}

/* The first window begins. */
static void duty_begin(struct cpython_session *s)
{
	if (s->options.duty_on_ms && s->options.duty_period_ms > s->options.duty_on_ms)
		s->turn = clock_now() + s->options.duty_on_ms * 1000000ull;
}

/* Goes on with a target that was stopped: first to its first step, then for good. */
int cpython_session_stage(struct cpython_session *s)
{
	unsigned what = s->stage == STAGE_LOADING ? CPYTHON_PROBE_STEP : cpython_session_probes(s);
	/* a module may be made in two steps, and so be met twice */
	bool again = s->stage == STAGE_FIRST && !s->first_step;
	int error = again ? 0 : session_find(s, NULL);

	s->held = false;
	if (again)
		return kill(s->pid, SIGCONT) ? -errno : 0;
	if (!error)
		error = cpython_attachment_attach(s->attachment, s->pid, &s->found,
		                                  s->options.detail, what, NULL);
	if (s->stage == STAGE_FIRST) {
		types_tell(s);
		session_watch(s);
		duty_begin(s);
	}
	s->stage = s->stage == STAGE_LOADING ? STAGE_FIRST : STAGE_RUNNING;
	if (kill(s->pid, SIGCONT) && !error)
		error = -errno;
	return error;
}

/* A target that is held at its entry: to be met again when it loads asyncio. */
static int session_start_held(struct cpython_session *s, struct fault *fault)
{
	int error = cpython_find_start(s->target, &s->found, fault);

	if (error)
		return error;
	error = cpython_attachment_target(s->attachment, 0, s->pid, &s->found.target);
	if (!error)
		error = session_translate(s);
	if (error)
		return fault_set(fault, error, "cannot set up the session: %s", strerror(-error));
	return cpython_attachment_attach(s->attachment, s->pid, &s->found, s->options.detail,
	                                 CPYTHON_PROBE_LOAD | CPYTHON_PROBE_TEST, fault);
}

/* Never a wrong report: each suspended frame must stand at a yield. */
static int layout_check(const struct cpython_session *s, struct fault *fault)
{
	struct cpython_translate_stats stats;

	cpython_translate_stats(s->translator, &stats);
	if ((stats.misfits + stats.unreadable) * 4 <= stats.frames)
		return 0;
	return fault_set(fault, -ENOTSUP,
	                 "the layout of CPython %s is not the known one: %u of %u suspended frames "
	                 "do not stand at a yield",
	                 s->found.release, (unsigned)(stats.misfits + stats.unreadable),
	                 (unsigned)stats.frames);
}

/* Tasks that were suspended before and have not moved since are told first; they are read before
 * anything is attached, and again behind it. */
static int attach_around(struct cpython_session *s, struct remote_memory *pages,
                         struct fault *fault)
{
	const struct cpython_memory memory = {remote_memory_read, pages, &s->found.target.layout,
	                                      NULL};
	const struct cpython_snapshot_options options = {.pages = pages, .budget_ms = SNAPSHOT_MS};
	struct cpython_snapshot *snapshot;
	int error = cpython_snapshot_take(&memory, &s->found.target, &options, &snapshot);

	if (error)
		return fault_set(fault, error, "cannot read asyncio's tasks: %s", strerror(-error));
	if (s->found.target.queues)
		cpython_queue_loops(&memory, &s->found.target, take_loop, s);
	error = cpython_attachment_attach(
		s->attachment, s->pid, &s->found, s->options.detail,
		CPYTHON_PROBE_STEP | CPYTHON_PROBE_TEST | cpython_session_probes(s), fault);
	remote_memory_forget(pages);
	duty_begin(s);
	if (!error) {
		cpython_snapshot_check(snapshot, &memory, &s->found.target);
		error = cpython_snapshot_tell(snapshot, s->translator, NULL, NULL);
		if (error)
			fault_set(fault, error, "cannot tell the tasks: %s", strerror(-error));
	}
	cpython_snapshot_free(snapshot);
	return error;
}

int cpython_session_start(struct cpython_session *s, struct fault *fault)
{
	struct remote_memory *pages;
	int error = cpython_attachment_open(&s->options, take_fact, s, &s->attachment, fault);

	if (error)
		return error;
	if (s->options.starting)
		return session_start_held(s, fault);
	s->stage = STAGE_RUNNING;
	error = session_find(s, fault);
	if (!error)
		error = session_translate(s);
	if (error)
		return error;
	types_tell(s);
	session_watch(s);
	error = remote_memory_new(s->pid, &pages);
	if (error)
		return fault_set(fault, error, "out of memory");
	error = attach_around(s, pages, fault);
	remote_memory_free(pages);
	return error ? error : layout_check(s, fault);
}
