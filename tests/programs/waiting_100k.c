/* expect: lock shared unknown */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * waiting_100k.c - 100,000 tasks that wait for one flag, and one that holds a lock two others want.
 *
 * Then the flag is set, and all end; with --hang it is not (for `awaitness dump`; SIGTERM kills
 * it). Nothing is wrong with it; of three sections nothing is concluded.
 */
#include <stdio.h>
#include <string.h>

#include "truth.h"

TRUTH_AWAITS;

enum { MANY = 100000, FEW = 1000, WANT = 2, BATCH = 200 };

static struct aw_flag *go, *all_gone;
static struct aw_lock *lock;
static int gone;
static bool hang;
static int count = FEW;

static void one_gone(void)
{
	if (++gone == count + WANT + 1)
		aw_flag_set(all_gone);
}

static int64_t wait_for_go(void *arg)
{
	int error = COUNTED_AWAIT(aw_flag_wait(go, AW_FOREVER), true);

	(void)arg;
	one_gone();
	return error;
}

static int64_t hold(void *arg)
{
	int error = COUNTED_AWAIT(aw_lock_acquire(lock, AW_FOREVER), false);

	if (!error)
		error = COUNTED_AWAIT(aw_flag_wait(go, AW_FOREVER), true);
	aw_lock_release(lock);
	(void)arg;
	one_gone();
	return error;
}

static int64_t want(void *arg)
{
	int error = COUNTED_AWAIT(aw_lock_acquire(lock, AW_FOREVER), true);

	(void)arg;
	if (!error)
		aw_lock_release(lock);
	one_gone();
	return error;
}

static int64_t run(void *arg)
{
	int error;

	(void)arg;
	go = aw_flag_new("go");
	all_gone = aw_flag_new("all gone");
	lock = aw_lock_new("shared");
	error = aw_task_spawn(hold, NULL, "hold");
	for (int i = 0; i < WANT && !error; i++)
		error = aw_task_spawn(want, NULL, "want");
	for (int i = 0; i < count && !error; i++) {
		error = aw_task_spawn(wait_for_go, NULL, NULL);
		if (!error && i % BATCH == BATCH - 1) /* or this would be one long step */
			error = COUNTED_YIELD(NULL);
	}
	if (!error && hang) {
		puts("ready");
		fflush(stdout);
		return aw_flag_wait(all_gone, AW_FOREVER);
	}
	aw_flag_set(go);
	if (!error)
		error = COUNTED_AWAIT(aw_flag_wait(all_gone, AW_FOREVER), true);
	aw_flag_free(go);
	aw_flag_free(all_gone);
	aw_lock_free(lock);
	return error;
}

int main(int argc, char **argv)
{
	int64_t error;

	hang = argc > 1 && !strcmp(argv[1], "--hang");
	if (hang)
		count = MANY;
	error = aw_run(run, NULL);
	truth_print_awaits();
	truth_print_tasks(count + WANT + 2);
	return error < 0 || gone != count + WANT + 1 ? 3 : 0;
}
