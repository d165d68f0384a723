/* expect: finding long-step crunch */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * long_step.c - a task computes for 300 ms without suspending: nobody else runs.
 */
#include "truth.h"

TRUTH_AWAITS;

static uint64_t sum;

static void compute(int64_t ns)
{
	int64_t end = aw_now() + ns;

	while (aw_now() < end)
		sum = sum * 6364136223846793005u + 1442695040888963407u;
}

static int64_t crunch(void *arg)
{
	(void)arg;
#ifdef REPAIRED
	for (int i = 0; i < 60; i++) {
		compute(5 * AW_NS_PER_MS);
		COUNTED_YIELD(NULL);
	}
#else
	compute(300 * AW_NS_PER_MS);
	COUNTED_YIELD(NULL);
#endif
	return 0;
}

static int64_t tick(void *arg)
{
	(void)arg;
	for (int i = 0; i < 10; i++)
		COUNTED_AWAIT(aw_sleep(2 * AW_NS_PER_MS), true);
	return 0;
}

static int64_t run(void *arg)
{
	struct aw_task *tasks[2];

	(void)arg;
	tasks[0] = aw_task_create(crunch, NULL, "crunch");
	tasks[1] = aw_task_create(tick, NULL, "tick");
	aw_gather(tasks, 2, AW_GATHER_ALL, AW_FOREVER, NULL);
	for (int i = 0; i < 2; i++)
		aw_task_free(tasks[i]);
	return 0;
}

static void truth_print(void)
{
	truth_print_awaits();
	truth_print_tasks(3);
}

int main(void)
{
	int64_t error = aw_run(run, NULL);

	truth_print();
	return error < 0 ? 3 : 0;
}
