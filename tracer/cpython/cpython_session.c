/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_session.c - see cpython_session.h: the source, its windows and its polling.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cpython_session.h"
#include "cpython_describe.h"
#include "cpython_level.h"
#include "cpython_queue.h"
#include "cpython_session_attach.h"
#include "cpython_session_watch.h"
#include "cpython_snapshot.h"
#include "cpython_translate.h"
#include "target.h"

enum { CHECK_FRAMES = 64 };

struct cpython_session {
	struct source source; /* first */
	struct cpython_session_options options;
	struct target *target;
	struct cpython_found found;
	struct cpython_attachment *attachment;
	struct cpython_translator *translator;
	struct cpython_watch *watch; /* NULL: no cells are watched */
	pid_t pid;
	bool described;
	enum { STAGE_LOADING, STAGE_FIRST, STAGE_RUNNING } stage; /* of a target that is starting */
	bool held;                                                /* it was stopped ... */
	bool first_step; /* ... before its first step, not while it loads modules */
	uint64_t turn; /* ns: when the present window, or the pause after it, ends; 0: no windows */
	bool paused;
	bool stopped;
	bool probing; /* by all probes of its level */
	bool makers;  /* there are tasks of whose making no queue tells: that is probed */
	int error;    /* the first of what facts asked for */
	uint64_t batches;
};

int cpython_detect(pid_t pid, unsigned *version)
{
	struct target *target;
	char release[32];
	int result = target_open(pid, &target);

	if (result)
		return result;
	*version = 0;
	if (target->runtimes & TARGET_CPYTHON) {
		*version = cpython_find_version(target, release);
		result = 1;
	}
	target_close(target);
	return result;
}

static int take_fact(void *context, const struct cpython_fact *fact, size_t size)
{
	struct cpython_session *s = context;

	if (fact->kind == CPYTHON_FACT_LOAD) {
		s->held = true;
		s->first_step = fact->flags & CPYTHON_ENTER_FIRST;
		return 0;
	}
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
	const struct cpython_memory memory = {cpython_memory_process, &s->pid,
	                                      &s->found.target.layout};
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

/* The lock types there are, so that the first acquisition is already read with its state. */
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
	const struct cpython_memory memory = {cpython_memory_process, &s->pid,
	                                      &s->found.target.layout};
	struct cpython_lock_type type;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint64_t address = cpython_find_global(&memory, s->found.target.interpreter,
		                                       names[i][0], names[i][1]);

		if (address && cpython_lock_type(&memory, address, &type))
			cpython_attachment_type(s->attachment, 0, address, &type.how);
	}
}

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
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
		.memory = {cpython_memory_process, &s->pid, &s->found.target.layout},
		.interpreter = s->found.target.interpreter,
		.function = s->found.target.function,
		.type_fn = take_type,
		.loop_fn = take_loop,
		.context = s,
		.ids = s->options.ids,
		.sites_from = s->options.sites_from,
	};

	return cpython_translate_new(&options, &s->translator);
}

/* What cells are to be watched. Without it the session goes on, and says that it cannot see them.
 */
static void session_watch(struct cpython_session *s)
{
	const struct cpython_watch_options options = {
		.pid = s->pid,
		.memory = {cpython_memory_process, &s->pid, &s->found.target.layout},
		.target = &s->found.target,
		.attachment = s->attachment,
		.translator = s->translator,
		.fn = s->options.watch,
		.context = s->options.watch_context,
	};

	if (options.fn && cpython_layout_cells(&s->found.target.layout))
		cpython_watch_open(&options, &s->watch);
}

/* All probes but that of steps, from now on. */
static unsigned probes_rest(struct cpython_session *s)
{
	s->probing = true;
	return CPYTHON_PROBE_REST | (s->makers ? CPYTHON_PROBE_MAKE : 0);
}

/* Goes on with a target that was stopped: first to its first step, then for good. */
static int stage_next(struct cpython_session *s)
{
	unsigned what = s->stage == STAGE_LOADING ? CPYTHON_PROBE_STEP : probes_rest(s);
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
	                                 CPYTHON_PROBE_LOAD, fault);
}

/* Places the probes again. What the programs remember of tasks is worth nothing after a pause; they
 * tell of none before all probes are in place. */
static int window_begin(struct cpython_session *s)
{
	int error = cpython_attachment_attach(s->attachment, s->pid, &s->found, s->options.detail,
	                                      CPYTHON_PROBE_STEP | probes_rest(s), NULL);

	if (error && !target_alive(s->target)) { /* it has ended meanwhile: no more windows */
		cpython_attachment_detach(s->attachment);
		s->turn = 0;
		return 0;
	}
	s->found.target.epoch++;
	return error ? error
	             : cpython_attachment_target(s->attachment, 0, s->pid, &s->found.target);
}

/* Ends or begins a window when its time has come. */
static int window_turn(struct cpython_session *s, stream_fn fn, void *context)
{
	uint64_t now = clock_ns();
	int error;

	if (!s->turn || now < s->turn)
		return 0;
	if (s->paused) {
		s->paused = false;
		s->turn = now + s->options.duty_on_ms * 1000000ull;
		return window_begin(s);
	}
	cpython_attachment_detach(s->attachment);
	s->probing = false;
	s->paused = true;
	s->turn = now + (s->options.duty_period_ms - s->options.duty_on_ms) * 1000000ull;
	error = cpython_attachment_poll(s->attachment, 0);
	if (!error)
		error = cpython_translate_flush(s->translator, true, fn, context, NULL);
	cpython_translate_pause(s->translator);
	return error;
}

/* Once: when what the probes can see is known, at the latest when nothing more comes. */
static int session_describe(struct cpython_session *s, stream_fn fn, void *context)
{
	char detail[64];

	if (s->described || (s->stage != STAGE_RUNNING && !s->stopped))
		return 0;
	s->described = true;
	snprintf(detail, sizeof(detail), "%s", cpython_detail_text(s->options.detail));
	if (s->turn)
		snprintf(detail + strlen(detail), sizeof(detail) - strlen(detail),
		         ", %.3g s of every %.3g s", s->options.duty_on_ms / 1000.0,
		         s->options.duty_period_ms / 1000.0);
	return cpython_describe(s->target, &s->found, detail, s->source.ops->name,
	                        cpython_level_sees(s->options.detail, &s->found) |
	                                (s->watch ? AW_CAN_CELLS : 0),
	                        s->translator, fn, context);
}

static int poll_source(struct source *source, int timeout_ms, stream_fn fn, void *context)
{
	struct cpython_session *s = (struct cpython_session *)source;
	struct cpython_translate_stats stats;
	unsigned batches = 0;
	int error;

	error = s->stopped ? 0 : cpython_attachment_poll(s->attachment, timeout_ms);
	if (!error && s->error && target_alive(s->target))
		error = s->error;
	if (error)
		return error;
	if (s->held)
		error = stage_next(s);
	else if (!s->stopped)
		error = window_turn(s, fn, context);
	if (!error)
		error = session_describe(s, fn, context);
	if (error)
		return error;
	cpython_translate_stats(s->translator, &stats);
	/* Never a wrong report: a layout that does not fit shows in the opcodes. What a program
	 * that has ended ran last cannot be read any more: that is told as lost, and is no misfit.
	 */
	if (stats.frames >= CHECK_FRAMES && (stats.misfits + stats.unreadable) * 4 > stats.frames &&
	    (stats.misfits * 4 > stats.frames || target_alive(s->target)))
		return -EPROTO;
	error = cpython_translate_flush(s->translator, false, fn, context, &batches);
	s->batches += batches;
	return error ? error : (int)batches;
}

static int stop_source(struct source *source, stream_fn fn, void *context)
{
	struct cpython_session *s = (struct cpython_session *)source;
	int error;

	if (s->stopped)
		return 0;
	cpython_attachment_detach(s->attachment);
	s->probing = false;
	s->stopped = true;
	error = cpython_attachment_poll(s->attachment, 0);
	if (!error)
		error = session_describe(s, fn, context);
	if (!error)
		error = cpython_translate_flush(s->translator, true, fn, context, NULL);
	return error;
}

static void stats_source(const struct source *source, struct source_stats *out)
{
	const struct cpython_session *s = (const struct cpython_session *)source;
	struct cpython_translate_stats stats;

	cpython_translate_stats(s->translator, &stats);
	*out = (struct source_stats){
		.events = stats.events,
		.batches = s->batches,
		.lost = stats.lost,
		.hits = cpython_attachment_counter(s->attachment, CPYTHON_COUNT_HITS),
		.kernel_missed = cpython_attachment_counter(s->attachment, CPYTHON_COUNT_BUSY),
		.ended = !target_alive(s->target),
	};
}

static void session_free(struct cpython_session *s)
{
	cpython_attachment_close(s->attachment);
	cpython_translate_free(s->translator);
	cpython_watch_close(s->watch);
	target_close(s->target);
	free(s);
}

static void close_source(struct source *source)
{
	if (source)
		session_free((struct cpython_session *)source);
}

static const struct source_ops ops = {
	.name = "ebpf",
	.poll = poll_source,
	.stop = stop_source,
	.stats = stats_source,
	.close = close_source,
};

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

static int session_start(struct cpython_session *s, struct fault *fault)
{
	const struct cpython_memory memory = {cpython_memory_process, &s->pid,
	                                      &s->found.target.layout};
	struct cpython_snapshot *snapshot;
	int error =
		cpython_attachment_open(s->options.ring_bytes, take_fact, s, &s->attachment, fault);

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
	error = cpython_snapshot_take(&memory, &s->found.target, &snapshot);
	if (error)
		return fault_set(fault, error, "cannot read asyncio's tasks: %s", strerror(-error));
	if (s->options.duty_on_ms && s->options.duty_period_ms > s->options.duty_on_ms)
		s->turn = clock_ns() + s->options.duty_on_ms * 1000000ull;
	if (s->found.target.queues)
		cpython_queue_loops(&memory, &s->found.target, take_loop, s);
	error = cpython_attachment_attach(s->attachment, s->pid, &s->found, s->options.detail,
	                                  CPYTHON_PROBE_STEP | probes_rest(s), fault);
	/* what was suspended before and has not moved since: told first */
	if (!error && cpython_snapshot_tell(snapshot, &memory, &s->found.target, s->translator) < 0)
		error = fault_set(fault, -ENOMEM, "out of memory");
	cpython_snapshot_free(snapshot);
	return error ? error : layout_check(s, fault);
}

int cpython_session_open(const struct cpython_session_options *options, struct source **out,
                         struct fault *fault)
{
	struct cpython_session *s = calloc(1, sizeof(*s));
	int error;

	*out = NULL;
	if (!s)
		return fault_set(fault, -ENOMEM, "out of memory");
	s->source.ops = &ops;
	s->options = *options;
	s->pid = options->pid;
	error = target_open(options->pid, &s->target);
	if (error)
		fault_set(fault, error, "cannot look at process %d: %s", (int)options->pid,
		          strerror(-error));
	else
		error = session_start(s, fault);
	if (error) {
		session_free(s);
		return error;
	}
	*out = &s->source;
	return 0;
}
