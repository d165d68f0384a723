/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * probes_off.c - a program that switches about a million times a second: two tasks hand each other
 * a turn, take a lock, touch marked state and compute for about 1 us. Built with
 * the probes and without (-DAW_NO_PROBES); the difference is what they cost with nobody attached.
 */
#include <awaitness/access.h>
#include <awaitness/sync.h>
#include <awaitness/task.h>

#include "stopwatch.h"

enum { STEPS = 300000, SPINS = 900 };

static struct aw_lock *lock;
static uint64_t state;

static uint64_t compute(uint64_t x)
{
	for (int i = 0; i < SPINS; i++)
		x = x * 6364136223846793005ull + 1442695040888963407ull;
	return x;
}

static int64_t steps(void *arg)
{
	(void)arg;
	for (int i = 0; i < STEPS; i++) {
		AW_AWAIT(aw_lock_acquire(lock, AW_FOREVER));
		AW_WRITE(state) = compute(AW_READ(state));
		aw_lock_release(lock);
		AW_AWAIT(aw_yield());
	}
	return 0;
}

static int64_t bench(void *arg)
{
	struct aw_task *tasks[2];
	int64_t start;

	(void)arg;
	lock = aw_lock_new("lock");
	for (int i = 0; i < 2; i++)
		tasks[i] = aw_task_create(steps, NULL, NULL);
	start = stopwatch_now();
	aw_gather(tasks, 2, 0, AW_FOREVER, NULL);
	stopwatch_print("step", start, 2 * STEPS);
	for (int i = 0; i < 2; i++)
		aw_task_free(tasks[i]);
	aw_lock_free(lock);
	return 0;
}

int main(void)
{
	return (int)aw_run(bench, NULL);
}
