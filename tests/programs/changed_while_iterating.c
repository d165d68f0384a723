/* expect: finding changed-while-iterating items */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * changed_while_iterating.c - a loop over a container that others change while the loop suspends.
 */
#include "scene.h"

TRUTH_AWAITS;

enum { ROUNDS = 40, ITEMS = 3 };

static uint64_t items = ITEMS;
static uint64_t version;
static uint64_t stale;
static uint64_t visited;

/* How many there are, and since when. */
static void look(uint64_t *seen)
{
	visited += AW_READ(items);
	*seen = version;
}

static int64_t visitor(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t seen;

		look(&seen);
		COUNTED_YIELD(NULL);
#ifdef REPAIRED
		look(&seen); /* asks again how many there are */
#endif
		AW_ITERATE(items);
		stale += seen != version;
	}
	return 0;
}

static int64_t changer(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		AW_WRITE(items) = (uint64_t)(i % ITEMS);
		version++;
		COUNTED_YIELD(NULL);
	}
	return 0;
}

static void truth(void)
{
#ifndef REPAIRED
	truth_print_finding("changed-while-iterating", "items", stale);
#endif
}

int main(void)
{
	return scene_play((struct scene){
		.truth = truth, .roles = {{visitor, "visitor", 1}, {changer, "changer", 1}}});
}
