/* expect: finding stale-use limit */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stale_use.c - a value read before a suspension is used after it, when it has changed.
 *
 * A writer changes the limit; the reader uses what it read before it suspended.
 */
#include "truth.h"

TRUTH_AWAITS;

enum { ROUNDS = 100 };

static uint64_t limit = 1;
static uint64_t version;
static uint64_t used;
static uint64_t stale;

static int64_t reader(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t mine, seen;

#ifdef REPAIRED
		COUNTED_YIELD(NULL);
		mine = AW_READ(limit);
		seen = version;
#else
		mine = AW_READ(limit);
		seen = version;
		COUNTED_YIELD(NULL);
#endif
		AW_USE(limit);
		used += mine;
		stale += seen != version;
	}
	return 0;
}

static int64_t writer(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		AW_WRITE(limit) = (uint64_t)i + 2;
		version++;
		COUNTED_YIELD(NULL);
	}
	return 0;
}

static int64_t run(void *arg)
{
	struct aw_task *tasks[2];

	(void)arg;
	tasks[0] = aw_task_create(reader, NULL, "reader");
	tasks[1] = aw_task_create(writer, NULL, "writer");
	aw_gather(tasks, 2, AW_GATHER_ALL, AW_FOREVER, NULL);
	for (int i = 0; i < 2; i++)
		aw_task_free(tasks[i]);
	return 0;
}

static void truth_print(void)
{
#ifndef REPAIRED
	truth_print_finding("stale-use", "limit", stale);
#endif
	truth_print_awaits();
	truth_print_tasks(3);
}

int main(void)
{
	int64_t error = aw_run(run, NULL);

	truth_print();
	return error < 0 ? 3 : 0;
}
