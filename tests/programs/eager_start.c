/* expect: finding lost-update running */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * eager_start.c - a task that is started at once runs inside the step of the one who starts it.
 *
 * There is no await between the read and the write, and still another task writes in between.
 */
#include "scene.h"

TRUTH_AWAITS;

enum { ROUNDS = 40 };

static uint64_t running;
static uint64_t version;
static uint64_t lost;

static int64_t child(void *arg)
{
	uint64_t before;

	(void)arg;
	before = AW_READ(running);
	AW_WRITE(running) = before + 1;
	version++;
	return 0;
}

static int64_t parent(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		struct aw_task *task;
		uint64_t before, seen;

#ifdef REPAIRED
		task = aw_task_start(child, NULL, "child");
#endif
		before = AW_READ(running);
		seen = version;
#ifndef REPAIRED
		task = aw_task_start(child, NULL, "child");
#endif
		scene_task_count++;
		lost += seen != version++;
		AW_WRITE(running) = before + 1;
		COUNTED_YIELD(NULL);
		aw_task_free(task);
	}
	return 0;
}

static void truth(void)
{
#ifndef REPAIRED
	truth_print_finding("lost-update", "running", lost);
#else
	assert(!lost);
#endif
}

int main(void)
{
	return scene_play((struct scene){.truth = truth, .roles = {{parent, "parent", 1}}});
}
