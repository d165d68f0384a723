/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process_space.h - events of several processes as those of one.
 *
 * The ids of tasks, locks and sites differ between processes that are traced
 * together (cpython_follow.h). Addresses do not: a forked worker has the same
 * ones. Here each gets its process in the bits 48 to 63. And a site of one
 * process that says the same as one of another (function, file, line, label,
 * caller) becomes that one, so that workers share rows and findings.
 */
#ifndef ANALYZERS_PROCESS_SPACE_H
#define ANALYZERS_PROCESS_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "event/event_buffer.h"
#include "base/idmap.h"
#include "event/names.h"
#include "event/stream.h"

struct process_count {
	uint32_t pid;
	uint16_t runtime; /* enum aw_runtime; UNKNOWN: it was not seen into, and its detail says why
	                   */
	uint64_t steps;
	uint64_t events;
	uint64_t lost; /* records */
};

struct process_space {
	struct names *names; /* not owned */
	struct process_count *processes;
	uint32_t count; /* [0] is the first */
	uint64_t can;   /* enum aw_can bits that all of them have */
	uint64_t *sites;
	uint32_t site_count, site_room;
	struct idmap canonical; /* site -> index in `sites` of the one that stands for it */
	struct idmap content;   /* hash of what a site says -> the same */
	struct event_buffer batch;
};

void process_space_init(struct process_space *space, struct names *names);
void process_space_fini(struct process_space *space);

/** More than one process was met. */
static inline bool process_space_many(const struct process_space *space)
{
	return space->count > 1;
}

/** Notes a site that was defined while there was one process. 0 or -ENOMEM. */
int process_space_site(struct process_space *space, uint64_t site);

/**
 * Passes a batch of any of the processes on to `fn`, as one of process `first`.
 * What a further process says of itself (TARGET, THREAD, MODULE) goes to the
 * names under its own pid, and no further. Returns 0, -ENOMEM, or what `fn`
 * returned.
 */
int process_space_feed(struct process_space *space, uint32_t first,
                       const struct stream_batch *batch, stream_fn fn, void *context);

#endif
