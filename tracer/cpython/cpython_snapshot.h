/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_snapshot.h - what all tasks of a Python process wait for and hold, right now.
 *
 * Works on a hung process: nothing in it has to run, and nothing is stopped.
 */
#ifndef CPYTHON_SNAPSHOT_H
#define CPYTHON_SNAPSHOT_H

#include "cpython_find.h"
#include "cpython_translate.h"
#include "fault.h"
#include "stream.h"

struct cpython_snapshot; /* tasks as they were read once */

/** Reads the suspended tasks, at most for about 300 ms. 0 or a negative errno. */
int cpython_snapshot_take(const struct cpython_memory *memory, const struct cpython_target *target,
                          struct cpython_snapshot **out);
void cpython_snapshot_free(struct cpython_snapshot *snapshot); /* takes NULL */

/** Reads them again and hands those that have not changed to the translator. Returns how many, or
 * a negative errno. */
long cpython_snapshot_tell(const struct cpython_snapshot *snapshot,
                           const struct cpython_memory *memory, const struct cpython_target *target,
                           struct cpython_translator *translator);

/** What a snapshot has and has not. */
struct cpython_picture {
	unsigned tasks;   /* suspended: told */
	unsigned changed; /* between the two readings: left out */
	unsigned others;  /* left out: running, not begun, done, or not reached in time */
	uint64_t frames;  /* suspended frames looked at ... */
	uint64_t misfits; /* ... that did not fit the layout */
};

/**
 * For `dump`: delivers what all suspended tasks of a process wait for and hold
 * as events of stream (pid, 0), TARGET first: TASK_NEW, NAME, SITE, LOCK_NEW,
 * LOCK_TAKEN, LOCK_WAIT and SUSPEND, with AW_ARG_SNAPSHOT. Whatever takes
 * events can take these: names.h, the deadlock analyzer.
 */
int cpython_snapshot_deliver(pid_t pid, stream_fn fn, void *context, struct cpython_picture *out,
                             struct fault *fault);

#endif
