/* expect: lock ledger dormant; finding lost-update balance */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock_split.c - one section for the read and another one for the write: each is safe, both
 * together are not.
 */
#include "scene.h"

TRUTH_AWAITS;

enum { ROUNDS = 60 };

static struct counted_lock ledger;
static uint64_t balance;
static uint64_t version;
static uint64_t lost;

static int64_t teller(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t before, seen;

		if (COUNTED_TAKE(&ledger) < 0)
			return -ECANCELED;
		before = AW_READ(balance);
		seen = version;
#ifdef REPAIRED
		COUNTED_YIELD(&ledger);
#else
		COUNTED_FREE(&ledger);
		COUNTED_YIELD(NULL);
		if (COUNTED_TAKE(&ledger) < 0)
			return -ECANCELED;
#endif
		lost += seen != version++;
		AW_WRITE(balance) = before + 1;
		COUNTED_FREE(&ledger);
		COUNTED_YIELD(NULL);
	}
	return 0;
}

static void setup(void)
{
	COUNTED_LOCK_INIT(&ledger, "ledger");
}

static void end(void)
{
	aw_lock_free(ledger.lock);
}

static void truth(void)
{
	truth_print_lock(&ledger);
#ifndef REPAIRED
	truth_print_finding("lost-update", "balance", lost);
#endif
}

int main(void)
{
	return scene_play((struct scene){setup, end, truth, 0, {{teller, "teller", 3}}});
}
