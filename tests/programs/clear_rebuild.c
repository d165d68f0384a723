/* expect: lock rebuild bypassed; finding inconsistent-guard entries; finding inconsistent-guard entries */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clear_rebuild.c - a table that is cleared and filled again over suspensions, while readers look.
 *
 * The rebuilds keep each other out by a lock; who only looks does not take it. Empty and half
 * full are two findings.
 */
#include "scene.h"

TRUTH_AWAITS;

enum { ROUNDS = 60, ENTRIES = 3 };

static struct counted_lock rebuild;
static uint64_t entries;
static uint64_t seen;

static int64_t rebuilds(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		if (COUNTED_TAKE(&rebuild) < 0)
			return -ECANCELED;
#ifdef REPAIRED
		/* Aside, and put in place in one step. */
		for (int n = 0; n < ENTRIES; n++)
			COUNTED_YIELD(&rebuild);
		AW_WRITE(entries) = ENTRIES;
#else
		AW_WRITE(entries) = 0;
		for (uint64_t n = 1; n <= ENTRIES; n++) {
			COUNTED_YIELD(&rebuild);
			AW_WRITE(entries) = n;
		}
#endif
		COUNTED_FREE(&rebuild);
		COUNTED_YIELD(NULL);
	}
	return 0;
}

static int64_t looks(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		seen += AW_READ(entries);
		COUNTED_YIELD(NULL);
	}
	return 0;
}

static void setup(void)
{
	COUNTED_LOCK_INIT(&rebuild, "rebuild");
}

static void end(void)
{
	aw_lock_free(rebuild.lock);
}

static void truth(void)
{
	truth_print_lock(&rebuild);
}

int main(void)
{
	return scene_play((struct scene){
		setup, end, truth, 0, {{rebuilds, "rebuild", 2}, {looks, "reader", 2}}});
}
