/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stopwatch.h - one line per measurement: name and ns per operation. tests/bench/runtime runs
 * the programs several times and takes medians. Processor time, so that the load of
 * other programs does not count: what is measured never sleeps.
 */
#ifndef TESTS_BENCH_STOPWATCH_H
#define TESTS_BENCH_STOPWATCH_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>

static inline int64_t stopwatch_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/** Prints what `count` operations since `start` took, each. */
static inline void stopwatch_print(const char *name, int64_t start, int64_t count)
{
	printf("%s %.2f\n", name, (double)(stopwatch_now() - start) / (double)count);
}

#endif
