/* expect: lock config bypassed; finding inconsistent-guard config */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * read_lock_ignored.c - readers take the read lock, the writer takes none.
 */
#include "scene.h"

TRUTH_AWAITS;

enum { ROUNDS = 60 };

static struct aw_rwlock *config_lock;
static uint64_t config;
static uint64_t version;
static uint64_t differed;

static int64_t reader(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t seen;

		if (AW_AWAIT(aw_rwlock_read(config_lock, AW_FOREVER)) < 0)
			return -ECANCELED;
		AW_READ(config);
		seen = version;
		COUNTED_YIELD(NULL);
		AW_READ(config);
		differed += seen != version;
		aw_rwlock_read_done(config_lock);
		COUNTED_YIELD(NULL);
	}
	return 0;
}

static int64_t writer(void *arg)
{
	(void)arg;
	for (uint64_t i = 0; i < ROUNDS; i++) {
#ifdef REPAIRED
		if (AW_AWAIT(aw_rwlock_write(config_lock, AW_FOREVER)) < 0)
			return -ECANCELED;
#endif
		AW_WRITE(config) = i;
		version++;
#ifdef REPAIRED
		aw_rwlock_write_done(config_lock);
#endif
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
	truth_print_finding("inconsistent-guard", "config", differed);
#else
	assert(!differed);
#endif
}

int main(void)
{
	return scene_play((struct scene){
		setup, end, truth, 0, {{reader, "reader", 2}, {writer, "writer", 1}}});
}
