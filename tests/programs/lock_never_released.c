/* expect: lock guard needed; finding lock-never-released guard */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock_never_released.c - a task returns early from its section and leaves the lock locked.
 */
#include <errno.h>

#include "truth.h"

TRUTH_AWAITS;

enum { ROUNDS = 100 };

static struct guarded guard;

static int64_t forgets(void *arg)
{
	const char *input = arg;
	uint64_t value;

	for (int i = 0; i < ROUNDS; i++)
		if (guarded_add(&guard) < 0)
			return -ECANCELED;
	if (!input)
		return 0;
	if (COUNTED_TAKE(&guard.lock) < 0)
		return -ECANCELED;
#ifndef REPAIRED
	if (!*input)
		return -EINVAL; /* the lock is still taken */
#endif
	value = AW_READ(guard.value);
	AW_WRITE(guard.value) = value + (*input != '\0');
	COUNTED_FREE(&guard.lock);
	return 0;
}

static int64_t run(void *arg)
{
	static char empty[] = "";
	struct aw_task *tasks[2];

	(void)arg;
	COUNTED_LOCK_INIT(&guard.lock, "guard");
	tasks[0] = aw_task_create(forgets, NULL, "worker");
	tasks[1] = aw_task_create(forgets, empty, "forgets");
	aw_gather(tasks, 2, AW_GATHER_ALL, AW_FOREVER, NULL);
	for (int i = 0; i < 2; i++)
		aw_task_free(tasks[i]);
#ifdef REPAIRED
	aw_lock_free(guard.lock.lock); /* one that is taken must not be freed */
#endif
	return 0;
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
