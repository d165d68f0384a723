/* expect: lock guard needed; silent */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * two_tasks.c - the smallest program to show: two tasks, one lock, known counts.
 *
 * Each task enters 200 sections that read, suspend and write: the lock is needed.
 */
#include <errno.h>

#include "truth.h"

TRUTH_AWAITS;

enum { ROUNDS = 200 };

static struct guarded guard;

static int64_t add_often(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++)
		if (guarded_add(&guard) < 0)
			return -ECANCELED;
	return 0;
}

static int64_t run(void *arg)
{
	struct aw_task *tasks[2];

	(void)arg;
	COUNTED_LOCK_INIT(&guard.lock, "guard");
	for (int i = 0; i < 2; i++)
		tasks[i] = aw_task_create(add_often, NULL, "worker");
	aw_gather(tasks, 2, AW_GATHER_ALL, AW_FOREVER, NULL);
	for (int i = 0; i < 2; i++)
		aw_task_free(tasks[i]);
	aw_lock_free(guard.lock.lock);
	return guard.value == 2 * ROUNDS ? 0 : -EIO;
}

int main(void)
{
	int64_t error = aw_run(run, NULL);

	truth_print_lock(&guard.lock);
	truth_print_awaits();
	truth_print_tasks(3);
	return error < 0 ? 3 : 0;
}
