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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpython_memory.h"

/** One task as a fact of kind CPYTHON_FACT_LATE, with the items behind it. */
struct cpython_walked {
	struct cpython_fact fact;
	struct cpython_item items[CPYTHON_ITEMS];
};

/** Why there is nothing to read of a task. */
enum cpython_task_state {
	CPYTHON_TASK_SUSPENDED = 0,
	CPYTHON_TASK_RUNS,      /* now, or a part of it does */
	CPYTHON_TASK_NOT_BEGUN, /* made, and its first step has not come */
	CPYTHON_TASK_DONE,
	CPYTHON_TASK_FOREIGN, /* its coroutine is no object of Python's own (Cython): it keeps its
	                       * state where only it knows */
	CPYTHON_TASK_STATES
};

/** Reads a task. Returns enum cpython_task_state (of which only a suspended one has items), or a
 * negative errno: it cannot be read. */
int cpython_walk(const struct cpython_memory *memory, const struct cpython_target *target,
                 uint64_t task, struct cpython_walked *out);

/** True when two readings of a task say the same. */
int cpython_walk_equal(const struct cpython_walked *a, const struct cpython_walked *b);

/** Addresses of tasks, each once, in order. Zero it to begin; `at` is freed with free(). */
struct cpython_tasks {
	uint64_t *at;
	size_t count, room;
	bool cut; /* a list changed while it was read: what stood behind is missing */
};

/**
 * The addresses of all tasks that asyncio knows of (its weak set; since 3.14
 * its linked lists). 0 or a negative errno (-ENOENT: there is no such set).
 */
int cpython_walk_tasks(const struct cpython_memory *memory, const struct cpython_target *target,
                       struct cpython_tasks *out);

#endif
