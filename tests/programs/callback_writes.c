/* expect: finding lost-update pending */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * callback_writes.c - a callback of the loop changes what a task has read and will write.
 */
#include "scene.h"

TRUTH_AWAITS;

enum { ROUNDS = 40 };

static uint64_t pending;
static uint64_t version;
static uint64_t lost;

static void data_received(void *arg)
{
	(void)arg;
	AW_WRITE(pending) = pending + 1;
	version++;
}

static int64_t drain(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t before, seen;

		aw_call_soon(data_received, NULL);
#ifdef REPAIRED
		COUNTED_YIELD(NULL);
#endif
		before = AW_READ(pending);
		seen = version;
#ifndef REPAIRED
		COUNTED_YIELD(NULL);
#endif
		lost += seen != version++;
		AW_WRITE(pending) = before ? before - 1 : 0;
	}
	return 0;
}

static void truth(void)
{
#ifndef REPAIRED
	truth_print_finding("lost-update", "pending", lost);
#else
	assert(!lost);
#endif
}

int main(void)
{
	return scene_play((struct scene){.truth = truth, .roles = {{drain, "drain", 1}}});
}
