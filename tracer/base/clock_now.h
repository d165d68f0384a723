/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clock_now.h - the time now, by the clock of events (CLOCK_MONOTONIC, as bpf_ktime_get_ns).
 */
#ifndef TRACER_CLOCK_NOW_H
#define TRACER_CLOCK_NOW_H

#include <stdint.h>
#include <time.h>

/** In ns since the machine was started. Does not block; any thread may call it. */
static inline uint64_t clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static inline uint64_t clock_now_ms(void)
{
	return clock_now() / 1000000;
}

#endif
