/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ring_warm.h - has the pages of a new ring buffer touched (bpf/ring_touch.bpf.h) while the
 * session goes on with attaching.
 */
#ifndef TRACER_RING_WARM_H
#define TRACER_RING_WARM_H

#include <pthread.h>
#include <stdbool.h>

struct bpf_map;
struct bpf_program;

/** Zero-initialised: nothing is under way. One thread uses it. */
struct ring_warm {
	pthread_t thread;
	int program, ring; /* descriptors, which must live until ring_warm_end */
	bool running;
};

/** Begins; nobody may write or read the ring until ring_warm_end. What cannot be touched is not:
 * then the target pays for it as it comes. */
void ring_warm_begin(struct ring_warm *warm, const struct bpf_program *touch,
                     const struct bpf_map *ring);

/** Waits until all is touched (16 MiB: 1 to 100 ms), and leaves the ring empty. Idempotent. 0, or a
 * negative errno: the ring is full of nothing, and cannot be used. */
int ring_warm_end(struct ring_warm *warm);

/** Both, for a session that has nothing else to do meanwhile. */
int ring_warm(const struct bpf_program *touch, const struct bpf_map *ring);

#endif
