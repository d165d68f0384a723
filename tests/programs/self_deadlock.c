/* expect: lock guard needed; finding self-deadlock guard */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * self_deadlock.c - a task takes a lock that it holds: locks are not recursive, it hangs.
 *
 * After a second the main task cancels it.
 */
#include <errno.h>

#include "truth.h"

TRUTH_AWAITS;

enum { ROUNDS = 100 };

static struct guarded guard;

static int64_t well_behaved(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++)
		if (guarded_add(&guard) < 0)
			return -ECANCELED;
	return 0;
}

static int64_t takes_twice(void *arg)
{
	int error = (int)well_behaved(arg);
#ifdef REPAIRED
	uint64_t value;
#endif

	if (error < 0)
		return error;
	error = COUNTED_TAKE(&guard.lock);
	if (error < 0)
		return error;
#ifdef REPAIRED
	value = AW_READ(guard.value);
	AW_WRITE(guard.value) = value + 1;
#else
	guard.lock.spanned = true; /* the wait below suspends, with the lock held */
	error = guarded_add(&guard);
#endif
	COUNTED_FREE(&guard.lock);
	return error;
}

static int64_t run(void *arg)
{
	struct aw_task *tasks[2];
	int error;

	(void)arg;
	COUNTED_LOCK_INIT(&guard.lock, "guard");
	tasks[0] = aw_task_create(well_behaved, NULL, "well behaved");
	tasks[1] = aw_task_create(takes_twice, NULL, "takes twice");
	error = aw_gather(tasks, 2, AW_GATHER_ALL, aw_after(AW_NS_PER_S), NULL);
	for (int i = 0; i < 2; i++)
		aw_task_free(tasks[i]);
	aw_lock_free(guard.lock.lock);
#ifdef REPAIRED
	return error;
#else
	return error == -ETIMEDOUT ? 0 : -EIO;
#endif
}

static void truth_print(void)
{
	truth_print_lock(&guard.lock);
	truth_print_awaits();
	truth_print_tasks(3);
}

int main(void)
{
	int64_t error = aw_run(run, NULL);

	truth_print();
	return error < 0 ? 3 : 0;
}
