/* expect: finding check-then-act open */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * double_close.c - two tasks find a connection open, and both close it.
 */
#include "scene.h"

TRUTH_AWAITS;

enum { ROUNDS = 50 };

static uint64_t open;
static uint64_t version;
static uint64_t twice;

static int64_t closer(void *arg)
{
	uint64_t seen = version;

	(void)arg;
	if (!AW_READ_TEST(open))
		return 0;
#ifdef REPAIRED
	AW_WRITE(open) = 0; /* claimed before the good-byes are said */
	version++;
	COUNTED_YIELD(NULL);
#else
	COUNTED_YIELD(NULL); /* says good-bye */
	twice += seen != version;
	AW_WRITE(open) = 0;
	version++;
#endif
	(void)seen;
	return 0;
}

static int64_t owner(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		struct aw_task *tasks[2];

		AW_WRITE(open) = 1;
		version++;
		for (int n = 0; n < 2; n++)
			tasks[n] = scene_task(closer, n, "closer");
		aw_gather(tasks, 2, AW_GATHER_ALL, AW_FOREVER, NULL);
		for (int n = 0; n < 2; n++)
			aw_task_free(tasks[n]);
	}
	return 0;
}

static void truth(void)
{
#ifndef REPAIRED
	truth_print_finding("check-then-act", "open", twice);
#else
	assert(!twice);
#endif
}

int main(void)
{
	return scene_play((struct scene){.truth = truth, .roles = {{owner, "owner", 1}}});
}
