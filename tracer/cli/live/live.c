/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live.c - a running target: from its source through the merge to a trace, an
 * analysis, or both.
 *
 *	source -> merge -> symbols (which sites are used), writer, analysis
 *
 * What the tracer itself says of the target (the stream with tid 0:
 * definitions) does not wait in the merge: definitions have no place in the
 * order, and a stream that is silent afterwards would hold the others up. A
 * loss that it tells of does wait.
 */
#include "live.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/duration.h"
#include "cpython/cpython_fact_log.h"
#include "event/event_table.h"
#include "cli/interrupt.h"
#include "order/merge.h"
#include "cli/progress.h"
#include "target/symbols.h"
#include "base/clock_now.h"

#define POLL_MS     100
#define FLUSH_NS    1000000000ull
#define PATIENCE_NS 5000000000ull /* for what `run` started to end after SIGTERM */

/* The stream (pid, 0). */
struct live_own {
	uint32_t pid;
	uint64_t next; /* number of its next record */
};

enum culprit { CULPRIT_NONE, CULPRIT_WRITER, CULPRIT_ANALYSIS, CULPRIT_SYMBOLS, CULPRIT_FACTS };

struct live {
	const struct live_parts *parts;
	struct merge *merge;
	struct symbols *symbols;
	enum culprit culprit; /* who refused a batch, for the message */
	struct live_own *own; /* the tracer's own streams, one a process */
	size_t own_count;
	uint64_t begin; /* ns, CLOCK_MONOTONIC */
	uint64_t end;   /* the duration is over; UINT64_MAX: never */
	uint64_t flushed;
	bool told_to_end; /* SIGTERM was sent to what `run` started */
};

/* To the symbols, the trace, the analysis. */
static int live_hand_on(struct live *live, const struct stream_batch *batch)
{
	int err;

	err = live->symbols ? symbols_feed(live->symbols, batch) : 0;
	if (err)
		live->culprit = CULPRIT_SYMBOLS;
	if (!err && live->parts->writer) {
		err = ctf_write(live->parts->writer, batch);
		if (err)
			live->culprit = CULPRIT_WRITER;
	}
	if (!err && live->parts->analysis) {
		err = analysis_feed(live->parts->analysis, batch);
		if (err)
			live->culprit = CULPRIT_ANALYSIS;
	}
	return err;
}

static struct live_own *live_own_get(struct live *live, uint32_t pid)
{
	struct live_own *more;

	for (size_t i = 0; i < live->own_count; i++)
		if (live->own[i].pid == pid)
			return &live->own[i];
	more = reallocarray(live->own, live->own_count + 1, sizeof(*more));
	if (!more)
		return NULL;
	live->own = more;
	more[live->own_count] = (struct live_own){.pid = pid};
	return &more[live->own_count++];
}

/* The tracer's own stream: several parts of the tracer write to it, so it is numbered here. */
static int live_pass_own(void *context, const struct stream_batch *batch)
{
	struct live *live = context;
	struct live_own *number = live_own_get(live, batch->pid);
	struct stream_batch own = *batch;

	if (!number)
		return -ENOMEM;
	own.first = number->next;
	for (size_t i = 0; i < own.count; i++)
		number->next += event_numbers(&own.events[i]);
	return live_hand_on(live, &own);
}

/* What is told here, and not by the source. */
static int live_tell_own(void *context, const struct stream_batch *batch)
{
	struct live *live = context;

	if (live->parts->facts)
		cpython_fact_log_events(live->parts->facts, batch);
	return live_pass_own(live, batch);
}

/* A stream_fn behind the merge. */
static int live_pass(void *context, const struct stream_batch *batch)
{
	return batch->tid == 0 ? live_pass_own(context, batch) : live_hand_on(context, batch);
}

/* A stream_fn before the merge. */
static int live_take(void *context, const struct stream_batch *batch)
{
	struct live *live = context;

	/* A loss of which nobody knows the thread (session_missed.h) has its place in the order. */
	if (batch->tid == 0 && batch->events[0].kind != AW_LOST)
		return live_pass_own(live, batch);
	if (!live->symbols && symbols_open((uint32_t)live->parts->target->pid, &live->symbols))
		live->symbols = NULL; /* ended already: addresses stay addresses */
	return merge_feed(live->merge, batch);
}

static int live_fault(const struct live *live, int err)
{
	switch (live->culprit) {
	case CULPRIT_WRITER:
		return fail("cannot write the trace %s: %s; it holds what came before",
		            live->parts->settings->output, strerror(-err));
	case CULPRIT_ANALYSIS:
		return fail("cannot go on analysing: %s", strerror(-err));
	case CULPRIT_FACTS:
		return fail("cannot write the facts %s: %s; the file holds what came before",
		            live->parts->settings->facts, strerror(-err));
	case CULPRIT_SYMBOLS:
	case CULPRIT_NONE:
		break;
	}
	return fail("cannot go on tracing process %d: %s", (int)live->parts->target->pid,
	            strerror(-err));
}

static void live_progress(const struct live *live, const struct source_stats *stats, uint64_t now)
{
	char left[DURATION_TEXT], time[64];

	if (live->end == UINT64_MAX)
		snprintf(time, sizeof(time), "%" PRIu64 " s, Ctrl-C ends it",
		         (now - live->begin) / 1000000000);
	else
		snprintf(time, sizeof(time), "%s left",
		         duration_format(left, live->end > now
		                                       ? (live->end - now) / 1000000000 * 1000000000
		                                       : 0));
	progress_show("tracing %d: %s, %" PRIu64 " events, %" PRIu64 " lost",
	              (int)live->parts->target->pid, time, stats->events, stats->lost);
}

/* Is it time to stop? What `run` started is asked to end, and given the time to. */
static bool live_over(struct live *live, uint64_t now)
{
	struct spawn *spawn = live->parts->spawn;

	if (!spawn)
		return now >= live->end || interrupt_count();
	if (interrupt_count() > 1)
		return true;
	if (now < live->end)
		return false;
	if (live->told_to_end)
		return true;
	live->told_to_end = true;
	live->end = now + PATIENCE_NS;
	kill(spawn->pid, SIGTERM);
	return false;
}

static int live_flush(struct live *live, uint64_t now)
{
	int err = merge_tick(live->merge, now);

	if (err || !live->parts->writer || now - live->flushed < FLUSH_NS)
		return err;
	live->flushed = now;
	err = ctf_writer_flush(live->parts->writer);
	if (err)
		live->culprit = CULPRIT_WRITER;
	if (!err && live->parts->facts) {
		err = cpython_fact_log_flush(live->parts->facts);
		if (err)
			live->culprit = CULPRIT_FACTS;
	}
	return err;
}

static int live_loop(struct live *live)
{
	struct source *source = live->parts->source;
	struct source_stats stats = {0};
	int err = 0;

	while (!stats.ended) {
		uint64_t now = clock_now();
		int wait = POLL_MS;

		if (live_over(live, now))
			break;
		if (live->end != UINT64_MAX && live->end - now < POLL_MS * 1000000ull)
			wait = (int)((live->end - now) / 1000000) + 1;
		err = source->ops->poll(source, wait, live_take, live);
		if (err < 0 && err != -EINTR)
			return err;
		now = clock_now();
		err = live_flush(live, now);
		if (err)
			return err;
		if (live->parts->spawn)
			spawn_wait(live->parts->spawn, false);
		source->ops->stats(source, &stats);
		live_progress(live, &stats, now);
	}
	return 0;
}

/* Until when the target was watched, also when nothing happened in it: the tracer's stream ends. */
static int live_mark_end(struct live *live, uint64_t now)
{
	const struct aw_event event = {.time = now, .kind = AW_THREAD_END};
	const struct stream_batch batch = {
		.pid = (uint32_t)live->parts->target->pid, .events = &event, .count = 1};

	return live_tell_own(live, &batch);
}

static int live_end(struct live *live)
{
	const struct live_parts *parts = live->parts;
	uint64_t now = clock_now(); /* detaching takes a while */
	int err = parts->source->ops->stop(parts->source, live_take, live);

	if (!err)
		err = merge_flush(live->merge);
	if (!err)
		err = live_mark_end(live, now);
	if (err || !live->symbols)
		return err;
	if (target_alive(parts->target))
		symbols_refresh(
			live->symbols); /* libraries loaded meanwhile; else the old maps do */
	return symbols_define(live->symbols, clock_now(), live_tell_own, live);
}

static void live_tell(const struct live *live)
{
	struct source_stats stats = {0};
	struct merge_stats merged = {0};
	char time[DURATION_TEXT];

	live->parts->source->ops->stats(live->parts->source, &stats);
	merge_stats(live->merge, &merged);
	fprintf(stderr,
	        "awaitness: %s: %" PRIu64 " events in %" PRIu64 " batches, %" PRIu64
	        " lost; %" PRIu64 " probe hits, %" PRIu64 " missed by the kernel; %" PRIu64
	        " streams, %" PRIu64 " events out of order; %s\n",
	        live->parts->source->ops->name, stats.events, stats.batches, stats.lost, stats.hits,
	        stats.kernel_missed, merged.streams, merged.late,
	        duration_format(time, clock_now() - live->begin));
}

int live_follow(struct live_parts *parts)
{
	struct live live = {.parts = parts, .begin = clock_now(), .end = UINT64_MAX};
	int err, status = STATUS_CLEAN, end;

	err = merge_new(0, live_pass, &live, &live.merge);
	if (err)
		return fail("cannot start tracing: %s", strerror(-err));
	if (parts->settings->duration_ns)
		live.end = live.begin + parts->settings->duration_ns;
	live.flushed = live.begin;
	if (parts->target->runtimes && symbols_open((uint32_t)parts->target->pid, &live.symbols))
		live.symbols = NULL; /* tried again at the first batch */
	progress_begin();
	err = live_loop(&live);
	if (err)
		status = live_fault(&live, err);
	parts->ended_here = live.told_to_end;
	end = live_end(&live);
	progress_clear();
	if (end && !err)
		status = live_fault(&live, end);
	if (parts->settings->verbose)
		live_tell(&live);
	symbols_close(live.symbols);
	merge_free(live.merge);
	free(live.own);
	return status;
}
