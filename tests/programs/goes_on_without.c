/* expect: lock stock bypassed; finding lost-update left */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * goes_on_without.c - a lock that could not be had in time, and a task that goes on without it.
 */
#include "scene.h"

TRUTH_AWAITS;

enum { ROUNDS = 30 };

static struct counted_lock stock;
static uint64_t left;
static uint64_t version;
static uint64_t lost;

static int64_t counts(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t before, seen;

		if (COUNTED_TAKE(&stock) < 0)
			return -ECANCELED;
		before = AW_READ(left);
		seen = version;
		COUNTED_YIELD(&stock);
		COUNTED_YIELD(&stock);
		lost += seen != version++;
		AW_WRITE(left) = before + 1;
		COUNTED_FREE(&stock);
		COUNTED_YIELD(NULL);
	}
	return 0;
}

static int64_t hurries(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t before;

#ifdef REPAIRED
		if (COUNTED_TAKE(&stock) < 0)
			return -ECANCELED;
#else
		if (!stock.users) {
			COUNTED_YIELD(NULL);
			continue;
		}
		/* A try: it is taken, and that is that. */
		AW_AWAIT(aw_lock_acquire(stock.lock, aw_now()));
#endif
		before = AW_READ(left);
		AW_WRITE(left) = before - 1;
		version++;
#ifdef REPAIRED
		COUNTED_FREE(&stock);
#endif
		COUNTED_YIELD(NULL);
	}
	return 0;
}

static void setup(void)
{
	COUNTED_LOCK_INIT(&stock, "stock");
}

static void end(void)
{
	aw_lock_free(stock.lock);
}

static void truth(void)
{
	truth_print_lock(&stock);
#ifndef REPAIRED
	truth_print_finding("lost-update", "left", lost);
#endif
}

int main(void)
{
	return scene_play((struct scene){
		setup, end, truth, 0, {{counts, "counts", 1}, {hurries, "hurries", 1}}});
}
