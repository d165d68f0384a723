/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * switch_st.c - the measurements of switch_ours.c on State Threads (libst-dev), which
 * yields by sleeping no time.
 */
#include <stdlib.h>

#include <st.h>

#include "stopwatch.h"

static void *yields(void *arg)
{
	for (intptr_t i = (intptr_t)arg; i; i--)
		st_usleep(0);
	return NULL;
}

static void yield_among(const char *name, int tasks, int64_t total)
{
	st_thread_t *all = calloc((size_t)tasks, sizeof(*all));
	intptr_t each = (intptr_t)(total / tasks);
	int64_t start;

	for (int i = 0; i < tasks; i++)
		all[i] = st_thread_create(yields, (void *)each, 1, 64 * 1024);
	st_usleep(0);
	start = stopwatch_now();
	for (int i = 0; i < tasks; i++)
		st_thread_join(all[i], NULL);
	stopwatch_print(name, start, each * tasks);
	free(all);
}

struct player {
	st_cond_t turn;
	struct player *next;
	int64_t rounds;
	int tokens;
};

static void *pass_on(void *arg)
{
	struct player *self = arg;

	for (int64_t i = self->rounds; i; i--) {
		while (!self->tokens)
			st_cond_wait(self->turn);
		self->tokens--;
		self->next->tokens++;
		st_cond_signal(self->next->turn);
	}
	return NULL;
}

static void ring(const char *name, int tasks, int64_t total)
{
	st_thread_t *all = calloc((size_t)tasks, sizeof(*all));
	struct player *players = calloc((size_t)tasks, sizeof(*players));
	int64_t start;

	for (int i = 0; i < tasks; i++)
		players[i] =
			(struct player){st_cond_new(), &players[(i + 1) % tasks], total / tasks, 0};
	for (int i = 0; i < tasks; i++)
		all[i] = st_thread_create(pass_on, &players[i], 1, 64 * 1024);
	st_usleep(0);
	start = stopwatch_now();
	players[0].tokens++;
	st_cond_signal(players[0].turn);
	for (int i = 0; i < tasks; i++)
		st_thread_join(all[i], NULL);
	stopwatch_print(name, start, total / tasks * tasks);
	for (int i = 0; i < tasks; i++)
		st_cond_destroy(players[i].turn);
	free(all);
	free(players);
}

static void *nothing(void *arg)
{
	return arg;
}

static void spawn_join(int64_t total)
{
	int64_t start = stopwatch_now();

	for (int64_t i = 0; i < total; i++)
		st_thread_join(st_thread_create(nothing, NULL, 1, 64 * 1024), NULL);
	stopwatch_print("spawn+join", start, total);
}

int main(void)
{
	if (st_init())
		return 1;
	yield_among("yield-2", 2, 200000);
	yield_among("yield-100", 100, 200000);
	yield_among("yield-10000", 10000, 100000);
	ring("ring-2", 2, 1000000);
	ring("ring-100", 100, 1000000);
	ring("ring-10000", 10000, 500000);
	spawn_join(500000);
	return 0;
}
