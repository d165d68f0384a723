/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stamp.c - anchors, and how fast the processor's counter runs.
 */
#include "stamp.h"

#include <awaitness/task.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <pthread.h>

enum {
	CALIBRATE_NS = 2 * 1000 * 1000, /* the shortest distance the scale is taken from */
	REACH_NS = 100 * 1000 * 1000,
	TRIES = 4
};

/* The first anchor of the process: the longer ago, the more exact the scale. */
static uint64_t first_ticks, first_ns;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/*
 * Reads both clocks at the same time, as nearly as a preemption between the two lets
 * us: of some tries, the one that took least.
 */
static void read_both(uint64_t *ticks, uint64_t *ns)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < TRIES; i++) {
		uint64_t before = __builtin_ia32_rdtsc();
		uint64_t now = (uint64_t)aw_now();
		uint64_t took = __builtin_ia32_rdtsc() - before;

		if (took < least) {
			least = took;
			*ticks = before + took / 2;
			*ns = now;
		}
	}
}

static void first_anchor(void)
{
	unsigned int a, b, c, d;

	/* "Invariant TSC", AMD APM vol. 3, CPUID Fn8000_0007_EDX[8]; Intel SDM vol. 3, 18.17.1 */
	if (__get_cpuid(0x80000007, &a, &b, &c, &d) && (d & (1u << 8)))
		read_both(&first_ticks, &first_ns);
}

uint64_t stamp_anchor(struct stamp *stamp)
{
	uint64_t passed_ns;

	pthread_once(&once, first_anchor);
	if (!first_ns)
		return (uint64_t)aw_now();
	read_both(&stamp->ticks, &stamp->ns);
	passed_ns = stamp->ns - first_ns;
	if (passed_ns >= CALIBRATE_NS && stamp->ticks > first_ticks) {
		stamp->scale = (uint64_t)(((unsigned __int128)passed_ns << 32) /
		                          (stamp->ticks - first_ticks));
		stamp->reach = ((uint64_t)REACH_NS << 32) / stamp->scale;
	}
	return stamp->ns;
}
#else
uint64_t stamp_anchor(struct stamp *stamp)
{
	(void)stamp;
	return (uint64_t)aw_now();
}
#endif
