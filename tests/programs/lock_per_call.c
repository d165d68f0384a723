/* expect: lock transfer wrong-lock; finding lost-update balance */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock_per_call.c - a lock made anew in each call, where one for the object was meant.
 */
#include "scene.h"

TRUTH_AWAITS;

enum { ROUNDS = 100 };

static struct counted_lock transfer;
static uint64_t balance;
static uint64_t version;
static uint64_t lost;

static int64_t teller(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t before, seen;
#ifndef REPAIRED
		/* One that nobody else can hold. */
		struct aw_lock *mine = aw_lock_new("transfer");

		AW_AWAIT(aw_lock_acquire(mine, AW_FOREVER));
#else
		if (COUNTED_TAKE(&transfer) < 0)
			return -ECANCELED;
#endif
		before = AW_READ(balance);
		seen = version;
		COUNTED_YIELD(&transfer);
		lost += seen != version++;
		AW_WRITE(balance) = before + 1;
#ifndef REPAIRED
		aw_lock_release(mine);
		aw_lock_free(mine);
#else
		COUNTED_FREE(&transfer);
#endif
		COUNTED_YIELD(NULL);
	}
	return 0;
}

#ifdef REPAIRED
static void setup(void)
{
	COUNTED_LOCK_INIT(&transfer, "transfer");
}

static void end(void)
{
	aw_lock_free(transfer.lock);
}
#else
#define setup NULL
#define end   NULL
#endif

static void truth(void)
{
#ifdef REPAIRED
	truth_print_lock(&transfer);
#else
	truth_print_finding("lost-update", "balance", lost);
#endif
}

int main(void)
{
	return scene_play((struct scene){setup, end, truth, 0, {{teller, "teller", 3}}});
}
