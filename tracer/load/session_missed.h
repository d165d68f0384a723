/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_missed.h - hits of probes that are in no stream: nobody knows of which thread they were.
 *
 * The kernel does not run a program that is running on the CPU already, and counts
 * that. Such losses are told in the tracer's own stream (tid 0): the interval is
 * the time since it was last asked, and any thread may be the one.
 */
#ifndef TRACER_SESSION_MISSED_H
#define TRACER_SESSION_MISSED_H

#include <stdbool.h>
#include <stdint.h>

#include "event/stream.h"

struct bpf_object;

/** What was told so far. Zeroed and `asked` set to the time when the probes are in place. */
struct session_missed {
	uint64_t asked; /* ns, CLOCK_MONOTONIC */
	uint64_t told;  /* hits */
};

/** How often the kernel did not run a program of the object. */
uint64_t session_missed_count(const struct bpf_object *object);

/** Is it time to ask again? It costs a system call a program. */
bool session_missed_due(const struct session_missed *missed, uint64_t now);

/** `count` hits have been missed by now: tells those that were not told yet. Returns what `fn`
 * returned, or 0. */
int session_missed_tell(struct session_missed *missed, uint32_t pid, uint64_t count, uint64_t now,
                        stream_fn fn, void *context);

#endif
