/* expect: lock deposits wrong-lock; lock withdrawals wrong-lock; finding lost-update balance */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wrong_lock.c - two tasks guard the same balance, each with another lock: neither excludes the
 * other.
 */
#include <errno.h>

#include "truth.h"

TRUTH_AWAITS;

enum { ROUNDS = 200 };

static struct counted_lock deposits;
#ifndef REPAIRED
static struct counted_lock withdrawals;
#endif
static uint64_t balance;
static uint64_t version;
static uint64_t lost;

/* What every task does 200 times: read, suspend, write, under a lock. */
static int change(struct counted_lock *lock, uint64_t by)
{
	uint64_t before, seen;
	int error = COUNTED_TAKE(lock);

	if (error < 0)
		return error;
	before = AW_READ(balance);
	seen = version;
	error = COUNTED_YIELD(lock);
	AW_WRITE(balance) = before + by;
	lost += seen != version++;
	COUNTED_FREE(lock);
	return error;
}

static int64_t deposit(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++)
		if (change(&deposits, 2) < 0)
			return -ECANCELED;
	return 0;
}

static int64_t withdraw(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++)
#ifdef REPAIRED
		if (change(&deposits, 1) < 0)
#else
		if (change(&withdrawals, 1) < 0)
#endif
			return -ECANCELED;
	return 0;
}

static int64_t run(void *arg)
{
	struct aw_task *tasks[4];

	(void)arg;
	COUNTED_LOCK_INIT(&deposits, "deposits");
#ifndef REPAIRED
	COUNTED_LOCK_INIT(&withdrawals, "withdrawals");
#endif
	for (int i = 0; i < 4; i++)
		tasks[i] = aw_task_create(i % 2 ? deposit : withdraw, NULL, "teller");
	aw_gather(tasks, 4, AW_GATHER_ALL, AW_FOREVER, NULL);
	for (int i = 0; i < 4; i++)
		aw_task_free(tasks[i]);
	aw_lock_free(deposits.lock);
#ifndef REPAIRED
	aw_lock_free(withdrawals.lock);
#endif
	return 0;
}

static void truth_print(void)
{
	truth_print_lock(&deposits);
#ifndef REPAIRED
	truth_print_lock(&withdrawals);
	truth_print_finding("lost-update", "balance", lost);
#endif
	truth_print_awaits();
	truth_print_tasks(5);
}

int main(void)
{
	int64_t error = aw_run(run, NULL);

	truth_print();
	return error < 0 ? 3 : 0;
}
