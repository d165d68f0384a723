/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_snapshot.h - what all tasks of a Python process wait for and hold, right now.
 *
 * Works on a hung process: nothing in it has to run, and nothing is stopped.
 */
#ifndef CPYTHON_SNAPSHOT_H
#define CPYTHON_SNAPSHOT_H

#include "cpython_find.h"
#include "cpython_lock_look.h"
#include "cpython_translate.h"
#include "cpython_walk.h"
#include "base/fault.h"
#include "target/remote_memory.h"
#include "event/stream.h"

struct cpython_snapshot; /* tasks as they were read */

/** How a snapshot is taken. */
struct cpython_snapshot_options {
	struct remote_memory *pages; /* what `memory` reads from, so that what is read again is read
	                              * anew; NULL: it keeps nothing */
	/* ms: each task is read once, as far as it goes in that time. 0: each is read until two
	 * readings agree, as long as it takes. */
	unsigned budget_ms;
};

/** Tasks that are not in a snapshot, and why. */
struct cpython_snapshot_left {
	size_t states[CPYTHON_TASK_STATES]; /* by enum cpython_task_state */
	size_t unreadable;
	size_t changed;   /* between two readings */
	size_t unreached; /* in time */
	bool ran;         /* memory changed meanwhile: no two tasks were read at the same moment */
	bool moved;       /* tasks came or went meanwhile: some may be missing */
};

/** Reads the suspended tasks. 0 or a negative errno. */
int cpython_snapshot_take(const struct cpython_memory *memory, const struct cpython_target *target,
                          const struct cpython_snapshot_options *options,
                          struct cpython_snapshot **out);
void cpython_snapshot_free(struct cpython_snapshot *snapshot); /* takes NULL */

/** Reads them again and drops those that have changed. */
void cpython_snapshot_check(struct cpython_snapshot *snapshot, const struct cpython_memory *memory,
                            const struct cpython_target *target);

/** Hands them to the translator, and with `fn` what that tells to it. 0 or a negative errno. */
int cpython_snapshot_tell(const struct cpython_snapshot *snapshot,
                          struct cpython_translator *translator, stream_fn fn, void *context);

/** What a snapshot has and has not; free it with cpython_picture_fini(). */
struct cpython_picture {
	size_t tasks; /* suspended: told */
	struct cpython_snapshot_left left;
	uint64_t frames;                 /* suspended frames looked at ... */
	uint64_t misfits;                /* ... that did not fit the layout */
	struct cpython_lock_look *locks; /* the locks told of, as their memory was behind that */
	uint32_t *owners;                /* of each, by its own word: the id of a task, or 0 */
	size_t lock_count;
};

void cpython_picture_fini(struct cpython_picture *picture);

/**
 * For `dump`: delivers what all suspended tasks of a process wait for and hold
 * as events of stream (pid, 0), TARGET first: TASK_NEW, NAME, SITE, LOCK_NEW,
 * LOCK_TAKEN, LOCK_WAIT and SUSPEND, with AW_ARG_SNAPSHOT. Whatever takes
 * events can take these: names.h, the deadlock analyzer.
 */
int cpython_snapshot_deliver(pid_t pid, stream_fn fn, void *context, struct cpython_picture *out,
                             struct fault *fault);

#endif
