/* expect: finding check-then-act size */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pool_overflow.c - a pool that grows larger than its maximum.
 *
 * Room is checked, then a connection is opened, which suspends, and only then is it counted.
 */
#include "scene.h"

TRUTH_AWAITS;

enum { MAX = 4, ROUNDS = 50 };

static uint64_t size;
static uint64_t version;
static uint64_t overtaken;

static int64_t client(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t seen = version, n = AW_READ_TEST(size);

		if (n >= MAX) {
			COUNTED_YIELD(NULL);
			continue;
		}
#ifdef REPAIRED
		AW_WRITE(size) = n + 1; /* the place is taken before it is furnished */
		version++;
		COUNTED_YIELD(NULL);
#else
		COUNTED_YIELD(NULL);
		overtaken += seen != version;
		AW_WRITE(size) = n + 1;
		version++;
#endif
		(void)seen;
		COUNTED_YIELD(NULL);
		n = AW_READ(size);
		AW_WRITE(size) = n - 1;
		version++;
	}
	return 0;
}

static void truth(void)
{
#ifndef REPAIRED
	truth_print_finding("check-then-act", "size", overtaken);
#else
	assert(!overtaken);
#endif
}

int main(void)
{
	return scene_play((struct scene){.truth = truth, .roles = {{client, "client", 8}}});
}
