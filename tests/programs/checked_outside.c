/* expect: lock init unknown; finding check-then-act ready */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * checked_outside.c - checked outside the lock, done inside, and not checked again there.
 */
#include "scene.h"

TRUTH_AWAITS;

enum { ROUNDS = 40 };

static struct counted_lock init;
static uint64_t ready;
static uint64_t made;
static uint64_t version;
static uint64_t twice;

static int64_t user(void *arg)
{
	uint64_t seen = version;

	(void)arg;
	if (AW_READ_TEST(ready))
		return 0;
	COUNTED_YIELD(NULL); /* looks up what it needs */
	if (COUNTED_TAKE(&init) < 0)
		return -ECANCELED;
#ifdef REPAIRED
	if (AW_READ_TEST(ready)) {
		COUNTED_FREE(&init);
		return 0;
	}
#endif
	twice += seen != version++;
	AW_WRITE(ready) = ++made;
	COUNTED_FREE(&init);
	return 0;
}

static int64_t owner(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		struct aw_task *tasks[2];

		AW_WRITE(ready) = 0;
		version++;
		for (int n = 0; n < 2; n++)
			tasks[n] = scene_task(user, n, "user");
		aw_gather(tasks, 2, AW_GATHER_ALL, AW_FOREVER, NULL);
		for (int n = 0; n < 2; n++)
			aw_task_free(tasks[n]);
	}
	return 0;
}

static void setup(void)
{
	COUNTED_LOCK_INIT(&init, "init");
}

static void end(void)
{
	aw_lock_free(init.lock);
}

static void truth(void)
{
	truth_print_lock(&init);
#ifndef REPAIRED
	truth_print_finding("check-then-act", "ready", twice);
#endif
}

int main(void)
{
	return scene_play((struct scene){setup, end, truth, 0, {{owner, "owner", 1}}});
}
