/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clock.c - joining clocks, the one thing about them that costs: a clock is half a kilobyte read
 * and half written. Without branches, so that compilers make vectors of it.
 */
#include "clock.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
	!defined(__SANITIZE_ADDRESS__)
#define CLOCK_FAST                                                                                 \
	__attribute__((target_clones("arch=x86-64-v4", "avx2", "default"), optimize("O3")))
#else
#define CLOCK_FAST
#endif

/* Slots are compared as signed numbers, which vectors can: a step has 39 bits for a long life. */
CLOCK_FAST void clock_join(struct clock *restrict clock, const struct clock *restrict from)
{
	int64_t *restrict into = (int64_t *)clock->slot;
	const int64_t *restrict other = (const int64_t *)from->slot;
	int64_t forgotten = 0;

	for (unsigned i = 0; i < CLOCK_SLOTS; i++) {
		int64_t high = into[i] < other[i] ? other[i] : into[i];
		int64_t low = into[i] < other[i] ? into[i] : other[i];
		int64_t lost = (into[i] ^ other[i]) & CLOCK_TAG_MASK ? low : 0;

		into[i] = high;
		forgotten = forgotten < lost ? lost : forgotten;
	}
	clock_raise(clock, from->floor);
	clock_raise(clock, (uint64_t)forgotten >> CLOCK_TAG_BITS);
}
