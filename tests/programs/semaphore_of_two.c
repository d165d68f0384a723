/* expect: lock slots limits; finding lost-update used */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * semaphore_of_two.c - a semaphore of two permits where a lock was needed: it limits, it does not
 * exclude.
 */
#include "scene.h"

TRUTH_AWAITS;

enum { ROUNDS = 60 };

static struct aw_semaphore *slots;
static uint64_t used;
static uint64_t version;
static uint64_t lost;

#ifdef REPAIRED
enum { PERMITS = 1 };
#else
enum { PERMITS = 2 };
#endif

static int64_t worker(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t before, seen;

		if (AW_AWAIT(aw_semaphore_acquire(slots, AW_FOREVER)) < 0)
			return -ECANCELED;
		before = AW_READ(used);
		seen = version;
		COUNTED_YIELD(NULL);
		lost += seen != version++;
		AW_WRITE(used) = before + 1;
		aw_semaphore_release(slots);
	}
	return 0;
}

static void setup(void)
{
	slots = aw_semaphore_new(PERMITS, "slots");
	assert(slots);
}

static void end(void)
{
	aw_semaphore_free(slots);
}

static void truth(void)
{
#ifndef REPAIRED
	truth_print_finding("lost-update", "used", lost);
#else
	assert(!lost);
#endif
}

int main(void)
{
	return scene_play((struct scene){setup, end, truth, 0, {{worker, "worker", 3}}});
}
