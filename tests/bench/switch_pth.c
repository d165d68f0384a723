/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * switch_pth.c - the measurements of switch_ours.c on GNU Pth (libpth-dev). Not with 10,000 tasks:
 * its scheduler goes through all of them at each switch, that would take minutes.
 */
#include <stdlib.h>

#include <pth.h>

#include "stopwatch.h"

static void *yields(void *arg)
{
	for (intptr_t i = (intptr_t)arg; i; i--)
		pth_yield(NULL);
	return NULL;
}

static void yield_among(const char *name, int tasks, int64_t total)
{
	pth_t *all = calloc((size_t)tasks, sizeof(*all));
	intptr_t each = (intptr_t)(total / tasks);
	int64_t start;

	for (int i = 0; i < tasks; i++)
		all[i] = pth_spawn(PTH_ATTR_DEFAULT, yields, (void *)each);
	pth_yield(NULL);
	start = stopwatch_now();
	for (int i = 0; i < tasks; i++)
		pth_join(all[i], NULL);
	stopwatch_print(name, start, each * tasks);
	free(all);
}

static void *nothing(void *arg)
{
	return arg;
}

static void spawn_join(int64_t total)
{
	int64_t start = stopwatch_now();

	for (int64_t i = 0; i < total; i++)
		pth_join(pth_spawn(PTH_ATTR_DEFAULT, nothing, NULL), NULL);
	stopwatch_print("spawn+join", start, total);
}

int main(void)
{
	pth_init();
	yield_among("yield-2", 2, 10000);
	yield_among("yield-100", 100, 10000);
	spawn_join(5000);
	pth_kill();
	return 0;
}
