/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * intake.h - batches as they arrive become streams without repeats, with every gap told.
 *
 * Emitters number the records of a stream before anything can be lost. Here a
 * batch is held against the number expected: what was had before is trimmed
 * (a dying thread's log is taken whole), what is missing becomes a LOST event.
 * Single records are gathered into larger batches. Pure, not thread-safe.
 */
#ifndef TRACER_INTAKE_H
#define TRACER_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/stream.h"

struct intake;

/** A batch on arrival. `events` need not be aligned and live only during the call. */
struct intake_batch {
	uint32_t pid;
	uint32_t tid;
	uint64_t generation; /* another one than before: the stream starts anew */
	uint64_t begin;      /* the number at which this generation began to be watched */
	uint64_t first;      /* number of events[0]; `ended`: the final number */
	uint64_t time;       /* when it was shipped */
	const void *events;
	size_t count;
	bool ended; /* the stream has ended; no events */
};

struct intake_stats {
	uint64_t events; /* delivered, LOST events not counted */
	uint64_t batches;
	uint64_t lost;
};

int intake_new(struct intake **out);     /* 0 or -ENOMEM */
void intake_free(struct intake *intake); /* takes NULL */

/** Takes a batch and calls `fn` with what is new in it, now or later. Returns 0, -ENOMEM or what
 * `fn` returned. */
int intake_feed(struct intake *intake, const struct intake_batch *batch, stream_fn fn,
                void *context);

/** Delivers what is still being gathered. Call it at the end of each poll. */
int intake_flush(struct intake *intake, stream_fn fn, void *context);

void intake_stats(const struct intake *intake, struct intake_stats *out);

#endif
