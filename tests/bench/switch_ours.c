/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * switch_ours.c - what a switch, a wake-up and a task cost in our runtime; the same as
 * switch_st.c and switch_pth.c do.
 */
#include <stdlib.h>

#include <awaitness/sync.h>
#include <awaitness/task.h>

#include "stopwatch.h"

static int64_t yields(void *arg)
{
	for (intptr_t i = (intptr_t)arg; i; i--)
		aw_yield();
	return 0;
}

static void yield_among(const char *name, int tasks, int64_t total)
{
	struct aw_task **all = calloc((size_t)tasks, sizeof(struct aw_task *));
	intptr_t each = (intptr_t)(total / tasks);
	int64_t start;

	for (int i = 0; i < tasks; i++)
		all[i] = aw_task_create(yields, (void *)each, NULL);
	aw_yield(); /* the first touch of each stack is not a switch */
	start = stopwatch_now();
	aw_gather(all, (size_t)tasks, 0, AW_FOREVER, NULL);
	stopwatch_print(name, start, each * tasks);
	for (int i = 0; i < tasks; i++)
		aw_task_free(all[i]);
	free(all);
}

struct player {
	struct aw_semaphore *turn;
	struct player *next;
	int64_t rounds;
};

static int64_t pass_on(void *arg)
{
	struct player *self = arg;

	for (int64_t i = self->rounds; i; i--) {
		aw_semaphore_acquire(self->turn, AW_FOREVER);
		aw_semaphore_release(self->next->turn);
	}
	return 0;
}

static void ring(const char *name, int tasks, int64_t total)
{
	struct aw_task **all = calloc((size_t)tasks, sizeof(struct aw_task *));
	struct player *players = calloc((size_t)tasks, sizeof(*players));
	int64_t start;

	for (int i = 0; i < tasks; i++)
		players[i] = (struct player){aw_semaphore_new(0, NULL), &players[(i + 1) % tasks],
		                             total / tasks};
	for (int i = 0; i < tasks; i++)
		all[i] = aw_task_create(pass_on, &players[i], NULL);
	aw_yield();
	start = stopwatch_now();
	aw_semaphore_release(players[0].turn);
	aw_gather(all, (size_t)tasks, 0, AW_FOREVER, NULL);
	stopwatch_print(name, start, total / tasks * tasks);
	for (int i = 0; i < tasks; i++) {
		aw_task_free(all[i]);
		aw_semaphore_free(players[i].turn);
	}
	free(all);
	free(players);
}

static int64_t nothing(void *arg)
{
	(void)arg;
	return 0;
}

static void spawn_join(int64_t total)
{
	int64_t start = stopwatch_now();

	for (int64_t i = 0; i < total; i++) {
		struct aw_task *task = aw_task_create(nothing, NULL, NULL);

		aw_await(task, AW_FOREVER, NULL);
		aw_task_free(task);
	}
	stopwatch_print("spawn+join", start, total);
}

static int64_t bench(void *arg)
{
	(void)arg;
	yield_among("yield-2", 2, 4000000);
	yield_among("yield-100", 100, 4000000);
	yield_among("yield-10000", 10000, 2000000);
	ring("ring-2", 2, 2000000);
	ring("ring-100", 100, 2000000);
	ring("ring-10000", 10000, 1000000);
	spawn_join(1000000);
	return 0;
}

int main(void)
{
	return (int)aw_run(bench, NULL);
}
