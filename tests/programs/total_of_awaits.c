/* expect: finding lost-update total */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * total_of_awaits.c - `total += await part()`: what is on the left is read before what is on the
 * right suspends.
 */
#include "scene.h"

TRUTH_AWAITS;

enum { ROUNDS = 40 };

static uint64_t total;
static uint64_t version;
static uint64_t lost;

static uint64_t part(void)
{
	COUNTED_YIELD(NULL);
	return 1;
}

static int64_t adder(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
#ifdef REPAIRED
		uint64_t one = part(), before = AW_READ(total), seen = version;
#else
		uint64_t before = AW_READ(total), seen = version, one = part();
#endif
		lost += seen != version++;
		AW_WRITE(total) = before + one;
	}
	return 0;
}

static void truth(void)
{
#ifndef REPAIRED
	truth_print_finding("lost-update", "total", lost);
#else
	assert(!lost && total == 3 * ROUNDS);
#endif
}

int main(void)
{
	return scene_play((struct scene){.truth = truth, .roles = {{adder, "adder", 3}}});
}
