/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_walk.h - suspended tasks of a process, read from outside.
 *
 * The same walk as the BPF program's, from user space and without stopping
 * anything, for tasks that do not run: at attach, and in a hung process. A
 * task that runs meanwhile changes under the reader's hands: read it twice,
 * and use it only when both are equal.
 */
#ifndef CPYTHON_WALK_H
#define CPYTHON_WALK_H

#include <stddef.h>
#include <stdint.h>

#include "cpython_memory.h"

/** One task as a fact of kind CPYTHON_FACT_LATE, with the items behind it. */
struct cpython_walked {
	struct cpython_fact fact;
	struct cpython_item items[CPYTHON_ITEMS];
};

/** Reads a task. 0, -EAGAIN (it is not suspended: it runs, has ended, or was never started), or
 * another negative errno. */
int cpython_walk(const struct cpython_memory *memory, const struct cpython_target *target,
                 uint64_t task, struct cpython_walked *out);

/** True when two readings of a task say the same. */
int cpython_walk_equal(const struct cpython_walked *a, const struct cpython_walked *b);

/**
 * The addresses of all tasks that asyncio knows of (its weak set; since 3.14
 * its linked lists). Returns how many there are, of which at most `room` are
 * stored, or a negative errno. Changing while it is read: some may be missing.
 */
long cpython_walk_tasks(const struct cpython_memory *memory, const struct cpython_target *target,
                        uint64_t *out, size_t room);

#endif
