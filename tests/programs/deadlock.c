/* expect: lock first needed; lock second needed; finding deadlock first; finding lock-order first */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * deadlock.c - two tasks, two locks, taken in opposite order: both tasks hang.
 *
 * After a second the main task cancels them, and the program ends; with --hang it waits
 * for ever (for `awaitness dump`; SIGTERM kills it).
 */
#include <errno.h>
#include <string.h>

#include "truth.h"

TRUTH_AWAITS;

enum { ROUNDS = 100 };

static struct guarded first, second;

/* Both tasks use both locks, one at a time. */
static int rounds(void)
{
	for (int i = 0; i < ROUNDS; i++)
		if (guarded_add(&first) < 0 || guarded_add(&second) < 0)
			return -ECANCELED;
	return 0;
}

/* Takes one lock, suspends, takes the other. */
static int take_both(struct guarded *one, struct guarded *other)
{
	int error = COUNTED_TAKE(&one->lock);

	if (error < 0)
		return error;
	error = COUNTED_YIELD(&one->lock);
	if (!error)
		error = COUNTED_TAKE(&other->lock);
	if (!error)
		COUNTED_FREE(&other->lock);
	COUNTED_FREE(&one->lock);
	return error;
}

static int64_t forwards(void *arg)
{
	(void)arg;
	if (rounds() < 0)
		return -ECANCELED;
	return take_both(&first, &second);
}

static int64_t backwards(void *arg)
{
	(void)arg;
	if (rounds() < 0)
		return -ECANCELED;
#ifdef REPAIRED
	return take_both(&first, &second);
#else
	return take_both(&second, &first);
#endif
}

static int64_t patience = AW_NS_PER_S;

static int64_t run(void *arg)
{
	struct aw_task *tasks[2];
	int error;

	(void)arg;
	COUNTED_LOCK_INIT(&first.lock, "first");
	COUNTED_LOCK_INIT(&second.lock, "second");
	tasks[0] = aw_task_create(forwards, NULL, "forwards");
	tasks[1] = aw_task_create(backwards, NULL, "backwards");
	/* On timeout it cancels both and waits for them. */
	error = aw_gather(tasks, 2, AW_GATHER_ALL,
	                  patience == AW_FOREVER ? AW_FOREVER : aw_after(patience), NULL);
	for (int i = 0; i < 2; i++)
		aw_task_free(tasks[i]);
	aw_lock_free(first.lock.lock);
	aw_lock_free(second.lock.lock);
#ifdef REPAIRED
	return error;
#else
	return error == -ETIMEDOUT ? 0 : -EIO;
#endif
}

static void truth_print(void)
{
	truth_print_lock(&first.lock);
	truth_print_lock(&second.lock);
	truth_print_awaits();
	truth_print_tasks(3);
}

int main(int argc, char **argv)
{
	int64_t error;

	if (argc == 2 && strcmp(argv[1], "--hang") == 0)
		patience = AW_FOREVER;
	error = aw_run(run, NULL);
	truth_print();
	return error < 0 ? 3 : 0;
}
