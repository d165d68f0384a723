/* expect: finding check-then-act tokens */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rate_limit.c - a rate limit that lets more through than it has tokens.
 */
#include "scene.h"

TRUTH_AWAITS;

enum { ROUNDS = 40 };

static uint64_t tokens = 2;
static uint64_t version;
static uint64_t overtaken;

static int64_t request(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t left = AW_READ_TEST(tokens), seen = version;

		if (!left) {
			COUNTED_YIELD(NULL);
			continue;
		}
#ifdef REPAIRED
		AW_WRITE(tokens) = left - 1;
		version++;
		COUNTED_YIELD(NULL);
#else
		COUNTED_YIELD(NULL);
		overtaken += seen != version++;
		AW_WRITE(tokens) = left - 1;
#endif
		(void)seen;
	}
	return 0;
}

static int64_t refill(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		AW_WRITE(tokens) = 2;
		version++;
		COUNTED_YIELD(NULL);
	}
	return 0;
}

static void truth(void)
{
#ifndef REPAIRED
	truth_print_finding("check-then-act", "tokens", overtaken);
#else
	assert(!overtaken);
#endif
}

int main(void)
{
	return scene_play((struct scene){
		.truth = truth, .roles = {{request, "request", 3}, {refill, "refill", 1}}});
}
