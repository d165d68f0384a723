/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_makers.h - who made a task, told by the queue of its event loop.
 *
 * A task that is made puts a handle into its loop's queue (call_soon), and its
 * first step runs when that handle is taken. The queue gives in the order in
 * which it took, so the number of handles it had given when a task's first step
 * began is the number its own handle had when it was put in. Whoever ran while
 * the queue took that one made the task: a step, or a plain callback that ran
 * between that step and the next, which is known by the handles given in
 * between. A task that is started at once (eager, 3.12 and newer) has no handle
 * and runs inside the step that makes it. If a plain callback starts one so, which
 * it does by a task factory or by itself (Task(eager_start=True)), that is not to
 * be told from the handle of the callback: with a factory nothing is said of such
 * tasks; without, whoever put in the callback is taken for the maker.
 */
#ifndef CPYTHON_MAKERS_H
#define CPYTHON_MAKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/cpython.h"

/** The steps of one thread that have put in handles which have not all run yet, and the last one.
 * Zero it to begin. */
struct cpython_makers {
	struct cpython_makers_step {
		uint64_t pushed, popped; /* of the queue, when the step began */
		uint64_t until;          /* pushed when the next one began */
		uint64_t task;           /* its address */
		uint32_t id;
		bool alone; /* no plain callback ran between it and the next one */
		bool mixed; /* it ran inside another's: either may have made what comes next */
	} * steps;          /* owned */
	size_t first, count, room;
};

struct cpython_maker {
	uint64_t task; /* address, 0: not known */
	uint32_t id;   /* 0: that of the task that is at the address now */
	bool sure;     /* else it may have been a plain callback that ran right behind its step */
};

/** Who made the task whose first step begins (a STEP fact with CPYTHON_ENTER_FIRST). */
struct cpython_maker cpython_makers_find(const struct cpython_makers *makers,
                                         const struct cpython_fact *fact);

/** A step begins, of the task with that id. 0 or -ENOMEM. */
int cpython_makers_step(struct cpython_makers *makers, const struct cpython_fact *fact,
                        uint32_t id);

/** Something was not seen: nothing is known of what was made before. */
void cpython_makers_forget(struct cpython_makers *makers);
void cpython_makers_fini(struct cpython_makers *makers);

#endif
