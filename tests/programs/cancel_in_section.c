/* expect: lock ledger bypassed; finding lost-update balance; finding lost-update balance */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cancel_in_section.c - a task is cancelled in its critical section, lets the lock go, and rolls
 * back too late.
 *
 * The balance is put back to what it was before, behind another suspension and without the lock.
 * The booking made meanwhile is lost; and had it begun later, the roll-back would be: two findings.
 */
#include "scene.h"

TRUTH_AWAITS;

enum { ROUNDS = 40 };

static struct counted_lock ledger;
static uint64_t balance;
static uint64_t version;
static uint64_t lost;

static int64_t book(void *arg)
{
	uint64_t before, seen;
	int error;

	(void)arg;
	if (COUNTED_TAKE(&ledger) < 0)
		return -ECANCELED;
	before = AW_READ(balance);
	seen = version;
	error = COUNTED_YIELD(&ledger);
	if (error == -ECANCELED) {
#ifdef REPAIRED
		lost += seen != version;
		AW_WRITE(balance) = before;
		COUNTED_FREE(&ledger);
		COUNTED_YIELD(NULL);
#else
		COUNTED_FREE(&ledger);
		COUNTED_YIELD(NULL); /* says so in a log ... */
		COUNTED_YIELD(NULL); /* ... and in another one */
		lost += seen != version;
		AW_WRITE(balance) = before;
#endif
		version++;
		return -ECANCELED;
	}
	AW_WRITE(balance) = before + 1;
	version++;
	COUNTED_FREE(&ledger);
	return 0;
}

/* Cancels one of two that book. */
static int64_t manager(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		struct aw_task *tasks[2];

		for (int n = 0; n < 2; n++)
			tasks[n] = scene_task(book, n, "book");
		COUNTED_YIELD(NULL);
		aw_cancel(tasks[0]);
		aw_gather(tasks, 2, AW_GATHER_ALL, AW_FOREVER, NULL);
		for (int n = 0; n < 2; n++)
			aw_task_free(tasks[n]);
	}
	return 0;
}

static void setup(void)
{
	COUNTED_LOCK_INIT(&ledger, "ledger");
}

static void end(void)
{
	aw_lock_free(ledger.lock);
}

static void truth(void)
{
	truth_print_lock(&ledger);
#ifdef REPAIRED
	assert(!lost);
#else
	assert(lost == ROUNDS);
#endif
}

int main(void)
{
	return scene_play((struct scene){setup, end, truth, 0, {{manager, "manager", 1}}});
}
