/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * merge.h - live batches of several streams into one order by time.
 *
 * A stream vouches that nothing older than its newest event will come, so what
 * is older than every stream's newest event can be passed on. A stream that is silent
 * holds the others up for at most `delay` ns; what it brings later than that is passed on
 * late, and counted. In the first `delay` ns everything is held back, since threads that
 * will speak may not have spoken yet. A lone stream is then passed on without a copy.
 */
#ifndef TRACER_MERGE_H
#define TRACER_MERGE_H

#include <stdint.h>

#include "event/stream.h"

#define MERGE_DELAY_NS 200000000ull
#define MERGE_HELD_MAX (64ull << 20) /* bytes held back at most; over it, the oldest go early */

struct merge;

struct merge_stats {
	uint64_t events; /* passed on */
	uint64_t late;   /* of these: older than one already passed on */
	uint64_t copied; /* of these: held back for a while */
	uint64_t forced; /* passed on early, because too much was held */
	uint64_t held;   /* held now */
	uint64_t streams;
};

/** Makes a merge that passes on to `fn`. delay 0: MERGE_DELAY_NS. 0 or -ENOMEM. */
int merge_new(uint64_t delay, stream_fn fn, void *context, struct merge **out);

/** Takes a batch (a stream_fn; `merge` is a struct merge *). 0, -ENOMEM, or what `fn` returned. */
int merge_feed(void *merge, const struct stream_batch *batch);

/** A stream exists from `now` on, though nothing came from it yet (log_open): wait for it. */
int merge_open(struct merge *merge, uint32_t pid, uint32_t tid, uint64_t now);

/** A stream has ended: it holds nothing up any more. A THREAD_END record at a batch's end says so
 * too. */
void merge_end(struct merge *merge, uint32_t pid, uint32_t tid);

/** Tells the time (ns, CLOCK_MONOTONIC) and passes on what need not wait any more. Call it after
 * each poll. The first call starts the clock of the first delay. */
int merge_tick(struct merge *merge, uint64_t now);

/** Passes on all that is held: at the end, after the source stopped. */
int merge_flush(struct merge *merge);

void merge_stats(const struct merge *merge, struct merge_stats *out);
void merge_free(struct merge *merge); /* takes NULL; passes nothing on */

#endif
