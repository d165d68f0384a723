/* expect: finding check-then-act session */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_then_act.c - two tasks find no session, both open one: `if (!session) session = open()`.
 *
 * Opening suspends; a hundred rounds, one session too many in each.
 */
#include "truth.h"

TRUTH_AWAITS;

enum { ROUNDS = 100 };

static uint64_t session; /* 0: none */
static uint64_t opened;
static uint64_t version;
static uint64_t too_many;

static int64_t session_get(void *arg)
{
	uint64_t mine;

	(void)arg;
	if (AW_READ_TEST(session))
		return 0;
	mine = version;
	COUNTED_YIELD(NULL);
#ifdef REPAIRED
	if (AW_READ_TEST(session))
		return 0;
#endif
	AW_WRITE(session) = ++opened;
	too_many += version != mine;
	version++;
	return 0;
}

static int64_t run(void *arg)
{
	struct aw_task *tasks[2];

	(void)arg;
	for (int round = 0; round < ROUNDS; round++) {
		AW_WRITE(session) = 0;
		for (int i = 0; i < 2; i++)
			tasks[i] = aw_task_create(session_get, NULL, "client");
		aw_gather(tasks, 2, AW_GATHER_ALL, AW_FOREVER, NULL);
		for (int i = 0; i < 2; i++)
			aw_task_free(tasks[i]);
	}
	return 0;
}

static void truth_print(void)
{
#ifndef REPAIRED
	truth_print_finding("check-then-act", "session", too_many);
#endif
	truth_print_awaits();
	truth_print_tasks(1 + 2 * ROUNDS);
}

int main(void)
{
	int64_t error = aw_run(run, NULL);

	truth_print();
	return error < 0 ? 3 : 0;
}
