/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_session.c - see cpython_session.h: the source, its windows and its polling.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpython_describe.h"
#include "cpython_level.h"
#include "cpython_session_state.h"
#include "base/clock_now.h"

enum { CHECK_FRAMES = 64 };

#define MEMORY_LOOK_NS 1000000000ull

int cpython_detect(pid_t pid, unsigned *version)
{
	struct target *target;
	char release[32];
	int result = target_open(pid, &target);

	if (result)
		return result;
	*version = 0;
	if (target->runtimes & TARGET_CPYTHON) {
		int found = cpython_find_version(target, release);

		*version = found > 0 ? (unsigned)found : 0;
		result = 1;
	}
	target_close(target);
	return result;
}

/* Places the probes again. What the programs remember of tasks is worth nothing after a pause; they
 * tell of none before all probes are in place. */
static int window_begin(struct cpython_session *s)
{
	int error = cpython_attachment_attach(
		s->attachment, s->pid, &s->found, s->options.detail,
		CPYTHON_PROBE_STEP | CPYTHON_PROBE_TEST | cpython_session_probes(s), NULL);

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
	uint64_t now = clock_now();
	int error;

	if (!s->turn || now < s->turn)
		return 0;
	if (s->paused) {
		s->paused = false;
		error = window_begin(s);
		if (s->turn) /* from when all is in place: that takes a while */
			s->turn = clock_now() + s->options.duty_on_ms * 1000000ull;
		return error;
	}
	cpython_attachment_detach(s->attachment);
	s->probing = false;
	s->paused = true;
	s->turn = now + (s->options.duty_period_ms - s->options.duty_on_ms) * 1000000ull;
	error = cpython_attachment_drain(s->attachment);
	if (!error)
		error = cpython_translate_flush(s->translator, true, fn, context, NULL);
	cpython_translate_pause(s->translator);
	return error;
}

/* What the session tells by itself. */
struct telling {
	struct cpython_fact_log *log;
	stream_fn fn;
	void *context;
};

static int tell_itself(void *context, const struct stream_batch *batch)
{
	struct telling *telling = context;

	cpython_fact_log_events(telling->log, batch);
	return telling->fn(telling->context, batch);
}

/* Once: when what the probes can see is known, at the latest when nothing more comes. */
static int session_describe(struct cpython_session *s, stream_fn fn, void *context)
{
	struct telling telling = {s->options.log, fn, context};
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
	                                (cpython_watch_sees(s->watch) ? AW_CAN_CELLS : 0),
	                        s->translator, tell_itself, &telling);
}

/* A target that runs another program by now shall not keep the memory of the one before. */
static void memory_look(struct cpython_session *s)
{
	uint64_t now = clock_now();

	if (now < s->memory_look)
		return;
	s->memory_look = now + MEMORY_LOOK_NS;
	if (kept_memory_kept(s->memory) && kept_memory_replaced(s->memory, s->pid))
		kept_memory_release(s->memory);
}

/*
 * Tells what is missing and shows in no number of a thread. At the end (`last`, when all facts have
 * been taken) that includes what the programs numbered and no later fact of the thread gave away.
 */
static int missed_tell(struct cpython_session *s, bool last, stream_fn fn, void *context)
{
	uint64_t now = clock_now(), count, numbered;
	struct telling telling = {s->options.log, fn, context};
	struct cpython_translate_stats stats;

	if (!s->described || (!last && !session_missed_due(&s->missed, now)))
		return 0;
	count = cpython_attachment_missed(s->attachment) +
	        cpython_attachment_counter(s->attachment, CPYTHON_COUNT_UNNUMBERED);
	if (count > s->missed.told)
		cpython_translate_missed(s->translator);
	cpython_translate_stats(s->translator, &stats);
	numbered = cpython_attachment_counter(s->attachment, CPYTHON_COUNT_BUSY) +
	           cpython_attachment_counter(s->attachment, CPYTHON_COUNT_FULL);
	if (last && numbered > stats.missing)
		count += numbered - stats.missing;
	return session_missed_tell(&s->missed, s->pid, count, now, tell_itself, &telling);
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
		error = cpython_session_stage(s);
	else if (!s->stopped)
		error = window_turn(s, fn, context);
	if (!error)
		error = session_describe(s, fn, context);
	if (error)
		return error;
	memory_look(s);
	cpython_translate_stats(s->translator, &stats);
	/* Never a wrong report: a layout that does not fit shows in the opcodes. What a program
	 * that has ended ran last cannot be read any more: that is told as lost, and is no misfit.
	 */
	if (stats.frames >= CHECK_FRAMES && (stats.misfits + stats.unreadable) * 4 > stats.frames &&
	    (stats.misfits * 4 > stats.frames || target_alive(s->target)))
		return -EPROTO;
	error = missed_tell(s, false, fn, context);
	/* Which test runs may be known before what it is that is told of. */
	if (!error && s->described)
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
	error = cpython_attachment_drain(s->attachment);
	if (!error)
		error = session_describe(s, fn, context);
	if (!error)
		error = cpython_translate_flush(s->translator, true, fn, context, NULL);
	if (!error)
		error = missed_tell(s, true, fn, context);
	if (s->watch && target_alive(s->target))
		cpython_watch_again(s->watch);
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
		.lost = stats.lost + s->missed.told,
		.hits = cpython_attachment_counter(s->attachment, CPYTHON_COUNT_HITS),
		.kernel_missed = cpython_attachment_missed(s->attachment),
		.ended = !target_alive(s->target),
	};
}

static void session_free(struct cpython_session *s)
{
	cpython_attachment_close(s->attachment);
	cpython_translate_free(s->translator);
	cpython_watch_close(s->watch);
	target_close(s->target);
	kept_memory_close(s->memory);
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
	s->missed.asked = clock_now();
	error = target_open(options->pid, &s->target);
	if (!error)
		error = kept_memory_open(options->pid, &s->memory);
	if (error)
		fault_set(fault, error, "cannot look at process %d: %s", (int)options->pid,
		          strerror(-error));
	else
		error = cpython_session_start(s, fault);
	if (error) {
		session_free(s);
		return error;
	}
	*out = &s->source;
	return 0;
}
