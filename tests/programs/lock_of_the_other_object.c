/* expect: lock account wrong-lock; finding lost-update balances[1] */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock_of_the_other_object.c - a lock for each account, and a transfer that takes that of the wrong
 * one.
 */
#include "scene.h"

TRUTH_AWAITS;

enum { ROUNDS = 60 };

static struct aw_lock *accounts[2];
static uint64_t balances[2];
static uint64_t version;
static uint64_t lost;

/* Changes account 1; who comes from the front office takes the lock of account 0 for it. */
static int64_t teller(void *arg)
{
#ifdef REPAIRED
	struct aw_lock *lock = accounts[1];
#else
	struct aw_lock *lock = accounts[(intptr_t)arg];
#endif

	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t before, seen;

		if (AW_AWAIT(aw_lock_acquire(lock, AW_FOREVER)) < 0)
			return -ECANCELED;
		before = AW_READ(balances[1]);
		seen = version;
		COUNTED_YIELD(NULL);
		lost += seen != version++;
		AW_WRITE(balances[1]) = before + 1;
		aw_lock_release(lock);
		COUNTED_YIELD(NULL);
	}
	return 0;
}

static __attribute__((noinline)) struct aw_lock *account_new(void)
{
	struct aw_lock *lock = aw_lock_new("account");

	assert(lock);
	return lock;
}

static void setup(void)
{
	for (int i = 0; i < 2; i++)
		accounts[i] = account_new();
}

static void end(void)
{
	for (int i = 0; i < 2; i++)
		aw_lock_free(accounts[i]);
}

static void truth(void)
{
#ifndef REPAIRED
	truth_print_finding("lost-update", "balances[1]", lost);
#else
	assert(!lost);
#endif
}

int main(void)
{
	return scene_play((struct scene){setup, end, truth, 0, {{teller, "teller", 2}}});
}
