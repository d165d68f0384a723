/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * probe_cost.c - see probe_cost.h. The least of several rounds: what disturbs only adds.
 */
#include "probe_cost.h"

#include <unistd.h>

#include "base/clock_now.h"
#include "probe_idle.h"

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

static uint64_t calls_ns(void)
{
	uint64_t best = UINT64_MAX;

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t from = clock_now(), ns;

		for (int i = 0; i < CALLS; i++)
			probe_cost_here();
		ns = clock_now() - from;
		best = ns < best ? ns : best;
	}
	return best;
}

int64_t probe_cost_ns(void)
{
	uint64_t without = calls_ns(), with;
	int probe;

	probe = probe_idle_here(getpid(), (uintptr_t)probe_cost_here);
	if (probe < 0)
		return probe;
	with = calls_ns();
	close(probe);
	return with > without + CALLS ? (int64_t)((with - without) / CALLS) : 1;
}
