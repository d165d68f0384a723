/* expect: lock config bypassed; finding lost-update hits */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * written_under_read_lock.c - two tasks write what they only hold the read lock for.
 */
#include "scene.h"

TRUTH_AWAITS;

enum { ROUNDS = 60 };

static struct aw_rwlock *config_lock;
static uint64_t hits;
static uint64_t version;
static uint64_t lost;

#ifdef REPAIRED
#define take aw_rwlock_write
#define done aw_rwlock_write_done
#else
#define take aw_rwlock_read
#define done aw_rwlock_read_done
#endif

static int64_t counter(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t before, seen;

		if (AW_AWAIT(take(config_lock, AW_FOREVER)) < 0)
			return -ECANCELED;
		before = AW_READ(hits);
		seen = version;
		COUNTED_YIELD(NULL);
		lost += seen != version++;
		AW_WRITE(hits) = before + 1;
		done(config_lock);
		COUNTED_YIELD(NULL);
	}
	return 0;
}

static void setup(void)
{
	config_lock = aw_rwlock_new("config");
	assert(config_lock);
}

static void end(void)
{
	aw_rwlock_free(config_lock);
}

static void truth(void)
{
#ifndef REPAIRED
	truth_print_finding("lost-update", "hits", lost);
#endif
}

int main(void)
{
	return scene_play((struct scene){setup, end, truth, 0, {{counter, "counter", 3}}});
}
