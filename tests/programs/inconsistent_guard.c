/* expect: lock account bypassed; finding inconsistent-guard balance */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inconsistent_guard.c - a balance guarded by a lock where it changes, and not where it is shown.
 *
 * Each change has two steps with a suspension between; the one who shows it sees it half done.
 */
#include <errno.h>

#include "truth.h"

TRUTH_AWAITS;

enum { ROUNDS = 200 };

static struct counted_lock account;
static uint64_t balance;
static uint64_t shown;

/* Both steps of a booking, under the lock. */
static int64_t book(void *arg)
{
	uint64_t before;

	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		if (COUNTED_TAKE(&account) < 0)
			return -ECANCELED;
		before = AW_READ(balance);
		AW_WRITE(balance) = before + 100; /* the amount */
		COUNTED_YIELD(&account);
		AW_WRITE(balance) = before + 99; /* less the fee */
		COUNTED_FREE(&account);
	}
	return 0;
}

static int64_t show(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
#ifdef REPAIRED
		if (COUNTED_TAKE(&account) < 0)
			return -ECANCELED;
#endif
		shown = AW_READ(balance);
#ifdef REPAIRED
		COUNTED_FREE(&account);
#endif
		COUNTED_YIELD(NULL);
	}
	return 0;
}

static int64_t run(void *arg)
{
	struct aw_task *tasks[3];

	(void)arg;
	COUNTED_LOCK_INIT(&account, "account");
	tasks[0] = aw_task_create(book, NULL, "book");
	tasks[1] = aw_task_create(book, NULL, "book");
	tasks[2] = aw_task_create(show, NULL, "show");
	aw_gather(tasks, 3, AW_GATHER_ALL, AW_FOREVER, NULL);
	for (int i = 0; i < 3; i++)
		aw_task_free(tasks[i]);
	aw_lock_free(account.lock);
	return 0;
}

static void truth_print(void)
{
	truth_print_lock(&account);
	truth_print_awaits();
	truth_print_tasks(4);
}

int main(void)
{
	int64_t error = aw_run(run, NULL);

	truth_print();
	return error < 0 ? 3 : 0;
}
