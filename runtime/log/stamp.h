/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stamp.h - the time in ns of CLOCK_MONOTONIC, cheaply.
 *
 * Where the processor's counter is invariant, its ticks since an anchor (a pair of
 * counter and clock, taken at least every 100 ms) are scaled: 11 ns
 * instead of 26. Else it is clock_gettime.
 */
#ifndef RUNTIME_STAMP_H
#define RUNTIME_STAMP_H

#include <stdint.h>

/** One thread's anchor. */
struct stamp {
	uint64_t ticks;
	uint64_t ns;
	uint64_t scale; /* ns per tick, times 2^32; 0: not known (yet) */
	uint64_t reach; /* ticks for which the anchor is good */
};

/** Takes a new anchor, and returns its time. */
uint64_t stamp_anchor(struct stamp *stamp);

/** Now. Does not go back by more than the error of the scale, some ns; callers clamp. */
static inline uint64_t stamp_now(struct stamp *stamp)
{
#if defined(__x86_64__)
	uint64_t passed = __builtin_ia32_rdtsc() - stamp->ticks;

	if (__builtin_expect(passed < stamp->reach, 1))
		return stamp->ns + (uint64_t)(((unsigned __int128)passed * stamp->scale) >> 32);
#endif
	return stamp_anchor(stamp);
}

#endif
