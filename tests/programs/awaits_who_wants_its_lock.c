/* expect: lock jobs unknown; finding deadlock jobs */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * awaits_who_wants_its_lock.c - a task holds a lock and awaits another one that wants it.
 */
#include "scene.h"

TRUTH_AWAITS;

static struct counted_lock jobs;
static uint64_t done;

static int64_t job(void *arg)
{
	uint64_t before;

	(void)arg;
	if (COUNTED_TAKE(&jobs) < 0)
		return -ECANCELED;
	before = AW_READ(done);
	AW_WRITE(done) = before + 1;
	COUNTED_FREE(&jobs);
	return 0;
}

static int64_t manager(void *arg)
{
	struct aw_task *task;

	(void)arg;
	if (COUNTED_TAKE(&jobs) < 0)
		return -ECANCELED;
	task = scene_task(job, 0, "job");
#ifdef REPAIRED
	COUNTED_FREE(&jobs);
	COUNTED_AWAIT(aw_await(task, AW_FOREVER, NULL), true);
#else
	jobs.spanned = true;
	COUNTED_AWAIT(aw_await(task, AW_FOREVER, NULL), true);
	COUNTED_FREE(&jobs);
#endif
	aw_task_free(task);
	return 0;
}

static void setup(void)
{
	COUNTED_LOCK_INIT(&jobs, "jobs");
}

static void end(void)
{
	aw_lock_free(jobs.lock);
}

static void truth(void)
{
	truth_print_lock(&jobs);
}

int main(void)
{
	return scene_play(
		(struct scene){setup, end, truth, AW_NS_PER_S, {{manager, "manager", 1}}});
}
