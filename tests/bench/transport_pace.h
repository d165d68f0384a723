/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * transport_pace.h - the two ways to emit that both transports are measured with.
 */
#ifndef TESTS_BENCH_TRANSPORT_PACE_H
#define TESTS_BENCH_TRANSPORT_PACE_H

#include <stdint.h>
#include <time.h>

#define PACE_WARM_UP 5000000ull  /* first, not timed: every buffer has been touched once */
#define PACE_EVENTS  20000000ull /* flat out */
#define PACE_RATE    20000000ull /* events a second */
#define PACE_SECONDS 2

typedef void (*pace_fn)(void *context, uint64_t number);

static inline uint64_t pace_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/** ns of this thread's processor time an event. */
static inline __attribute__((always_inline)) double pace_flat_out(pace_fn tell, void *context)
{
	uint64_t start;

	for (uint64_t i = 0; i < PACE_WARM_UP; i++)
		tell(context, i);
	start = pace_ns(CLOCK_THREAD_CPUTIME_ID);
	for (uint64_t i = 0; i < PACE_EVENTS; i++)
		tell(context, i);
	return (double)(pace_ns(CLOCK_THREAD_CPUTIME_ID) - start) / PACE_EVENTS;
}

/** Emits at PACE_RATE, in bursts; what a burst comes late, the next ones make up for. Returns
 * millions of events a second, as reached. */
static inline __attribute__((always_inline)) double pace_emit(pace_fn tell, void *context)
{
	uint64_t start = pace_ns(CLOCK_MONOTONIC), emitted = 0, elapsed = 0;
	const struct timespec nap = {0, 200000};

	while (elapsed < PACE_SECONDS * 1000000000ull) {
		uint64_t due;

		nanosleep(&nap, NULL);
		elapsed = pace_ns(CLOCK_MONOTONIC) - start;
		due = elapsed * (PACE_RATE / 1000000) / 1000;
		while (emitted < due)
			tell(context, emitted++);
	}
	elapsed = pace_ns(CLOCK_MONOTONIC) - start;
	return (double)emitted / ((double)elapsed / 1e3);
}

#endif
