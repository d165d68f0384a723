/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * join_trace.h - what a trace says about places of the source: where tasks suspended, and in
 * which windows (from a read to a write of one location) two tasks were at a time. join_sites.c
 * joins it with the model.
 */
#ifndef ANALYZERS_JOIN_TRACE_H
#define ANALYZERS_JOIN_TRACE_H

#include <stdbool.h>

#include "event/names.h"
#include "event/stream.h"

struct join_trace;

struct join_place {
	const char *file, *function; /* "" where not known */
	uint32_t line;
	bool exit; /* the end of an `async with` */
};

/** Suspensions, by their innermost frame. */
struct join_suspension {
	uint32_t pid;
	uint64_t site;
	uint64_t count;
};

/** A location was read at one place and, after the task had suspended, written at another. */
struct join_window {
	uint32_t pid;
	uint64_t read, write; /* sites */
	uint64_t count;
	uint64_t met; /* meanwhile another task wrote the location, or was in the same window */
	char task[64], other[64]; /* of the first time */
};

/** 0 or -ENOMEM. */
int join_trace_new(struct join_trace **out);
void join_trace_free(struct join_trace *trace); /* takes NULL */

/** Takes a batch (a stream_fn; `trace` is a struct join_trace *). Bounded: at most JOIN_TRACE_OPEN
 * windows are followed at a time, and what is above that is not seen. */
int join_trace_feed(void *trace, const struct stream_batch *batch);
#define JOIN_TRACE_OPEN 1024

const struct join_suspension *join_trace_stops(const struct join_trace *trace, size_t *count);
const struct join_window *join_trace_windows(const struct join_trace *trace, size_t *count);

/** The place of a site, and the site in the frame that called it (0: none). False: not known. */
bool join_trace_place(const struct join_trace *trace, uint32_t pid, uint64_t site,
                      struct join_place *out, uint64_t *caller);

#endif
