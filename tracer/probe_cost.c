/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * probe_cost.c - see probe_cost.h. The least of several rounds: what disturbs only adds.
 */
#include "probe_cost.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "probe_idle.h"
#include "target_maps.h"

enum { ROUNDS = 5, CALLS = 1000 };

void probe_cost_here(void);

/* Begins with the instruction that is probed. */
#if defined(__x86_64__)
__asm__(".text\n.globl probe_cost_here\n.hidden probe_cost_here\n"
        ".type probe_cost_here, @function\n"
        "probe_cost_here: push %rbp\n pop %rbp\n ret\n"
        ".size probe_cost_here, . - probe_cost_here\n");
#else
__attribute__((noinline)) void probe_cost_here(void)
{
	__asm__ volatile("");
}
#endif

struct place {
	uint64_t address, offset;
	char path[PATH_MAX];
};

static int place_find(void *context, const struct target_map *map)
{
	struct place *place = context;

	if (place->address < map->start || place->address >= map->end)
		return 0;
	place->offset = place->address - map->start + map->offset;
	snprintf(place->path, sizeof(place->path), "%s", map->path);
	return 1;
}

static uint64_t calls_ns(void)
{
	uint64_t best = UINT64_MAX;

	for (int round = 0; round < ROUNDS; round++) {
		struct timespec from, to;
		uint64_t ns;

		clock_gettime(CLOCK_MONOTONIC, &from);
		for (int i = 0; i < CALLS; i++)
			probe_cost_here();
		clock_gettime(CLOCK_MONOTONIC, &to);
		ns = (to.tv_sec - from.tv_sec) * 1000000000ull + to.tv_nsec - from.tv_nsec;
		best = ns < best ? ns : best;
	}
	return best;
}

int64_t probe_cost_ns(void)
{
	struct place place = {.address = (uintptr_t)probe_cost_here};
	uint64_t without = calls_ns(), with;
	int probe;

	if (target_maps_read(getpid(), place_find, &place) != 1)
		return -ENOENT;
	probe = probe_idle_place(getpid(), place.path, place.offset);
	if (probe < 0)
		return probe;
	with = calls_ns();
	close(probe);
	return with > without + CALLS ? (int64_t)((with - without) / CALLS) : 1;
}
