/* expect: finding stale-use items */
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

static int64_t visitor(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t n = AW_READ(items), seen = version;

		COUNTED_YIELD(NULL);
#ifdef REPAIRED
		n = AW_READ(items); /* asks again how many there are */
		seen = version;
#endif
		AW_USE(items);
		stale += seen != version;
		visited += n;
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
	truth_print_finding("stale-use", "items", stale);
#endif
}

int main(void)
{
	return scene_play((struct scene){
		.truth = truth, .roles = {{visitor, "visitor", 1}, {changer, "changer", 1}}});
}
