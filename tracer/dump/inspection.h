/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inspection.h - what the tasks and locks of a process are doing right now.
 *
 * Reads the structures of <awaitness/inspect.h> with process_vm_readv, without
 * stopping or asking the target: it works on a hung process. Every walk is
 * bounded; every record is read twice and left out if it changed in between
 * (`dropped` counts those). Names are untrusted: escape them when printing.
 */
#ifndef TRACER_INSPECTION_H
#define TRACER_INSPECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <awaitness/inspect.h>

#include "target/target.h"

struct inspect_task {
	struct aw_inspect_task record; /* name is NUL-terminated */
	size_t loop;                   /* index in loops */
	ptrdiff_t lock;  /* index in locks of the lock it waits for, -1: none or not found */
	ptrdiff_t waits; /* index in tasks of the task it waits for (it awaits that task, or that
	                  * task holds the lock it waits for), -1: none or not found */
	bool in_cycle;   /* part of a deadlock */
};

enum inspect_held { INSPECT_UNKNOWN, INSPECT_FREE, INSPECT_HELD };

struct inspect_lock {
	struct aw_inspect_lock record; /* name is NUL-terminated; `waiters`: in line for it */
	ptrdiff_t holder;              /* index in tasks, -1: none or not found */
	uint32_t holders;              /* tasks seen in a section of it: of a semaphore several */
	bool shared;                   /* more tasks may hold it than were seen: a semaphore */
	uint32_t to_notify;            /* of a condition: tasks that wait to be notified */
	uint32_t handed;               /* woken by its release, and have not run yet */
	enum inspect_held held;        /* by its own state, whoever holds it */
	uint64_t thread; /* of threads: the ident of the one that owns it; 0: unknown */
	char word[48];   /* that state as it was read; "": the runtime keeps none */
};

/** A lock that a task holds: of a semaphore, one of several. */
struct inspect_hold {
	uint32_t id;    /* of the task */
	ptrdiff_t task; /* index in tasks, -1: none or not found */
	size_t lock;    /* index in locks */
};

/** A deadlock: tasks[members[i]] waits for tasks[members[i + 1]], the last for the first. */
struct inspect_cycle {
	size_t *members;
	size_t count;
};

struct inspection {
	uint64_t time; /* ns, CLOCK_MONOTONIC: when it was taken (aw_inspect_task.since has the same
	                  clock) */
	struct aw_inspect_loop *loops;
	size_t loop_count;
	struct inspect_task *tasks;
	size_t task_count;
	struct inspect_lock *locks;
	size_t lock_count;
	struct inspect_cycle *cycles;
	size_t cycle_count;
	struct inspect_hold *holds; /* in order by task (inspection_held) */
	size_t hold_count;
	size_t dropped; /* records that changed while they were read, or made no sense */
	bool truncated; /* a bound was hit: there is more */
	bool ran;       /* it ran meanwhile: not all records are of the same moment */
	bool moved;     /* tasks came or went while it was read: some may be missing */
};

/**
 * Takes a picture of `target`. Returns 0, -ENOTSUP (it does not carry our
 * runtime), -EPERM (process_vm_readv is not permitted), -ESRCH (it ended),
 * -EPROTO (its runtime has a layout this version does not know) or -ENOMEM.
 */
int inspection_take(const struct target *target, struct inspection **out);

void inspection_free(struct inspection *inspection); /* takes NULL */

/** What task number `task` holds, `*count` locks. */
const struct inspect_hold *inspection_held(const struct inspection *inspection, size_t task,
                                           size_t *count);

#endif
