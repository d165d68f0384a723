/* expect: finding lost-update next_id */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * same_id_twice.c - ids that are given out twice: the counter is read, the row is written, then the
 * counter is.
 */
#include "scene.h"

TRUTH_AWAITS;

enum { ROUNDS = 50 };

static uint64_t next_id;
static uint64_t version;
static uint64_t lost;

static int64_t insert(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t id = AW_READ(next_id), seen = version;

#ifdef REPAIRED
		AW_WRITE(next_id) = id + 1;
		version++;
		COUNTED_YIELD(NULL);
#else
		COUNTED_YIELD(NULL); /* writes the row */
		lost += seen != version++;
		AW_WRITE(next_id) = id + 1;
#endif
		(void)seen;
	}
	return 0;
}

static void truth(void)
{
#ifndef REPAIRED
	truth_print_finding("lost-update", "next_id", lost);
#else
	assert(!lost);
#endif
}

int main(void)
{
	return scene_play((struct scene){.truth = truth, .roles = {{insert, "insert", 4}}});
}
