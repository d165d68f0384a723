/* expect: finding check-then-act token */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * token_refresh.c - two requests find the token expired, and both fetch a new one.
 */
#include "scene.h"

TRUTH_AWAITS;

enum { ROUNDS = 60 };

static uint64_t token; /* 0: expired */
static uint64_t fetched;
static uint64_t version;
static uint64_t twice;
#ifdef REPAIRED
static struct counted_lock refresh;
#endif

static int64_t request(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t seen;

#ifdef REPAIRED
		if (COUNTED_TAKE(&refresh) < 0)
			return -ECANCELED;
#endif
		seen = version;
		if (!AW_READ_TEST(token)) {
#ifdef REPAIRED
			COUNTED_YIELD(&refresh);
#else
			COUNTED_YIELD(NULL);
#endif
			twice += seen != version;
			AW_WRITE(token) = ++fetched;
			version++;
		}
#ifdef REPAIRED
		COUNTED_FREE(&refresh);
#endif
		COUNTED_YIELD(NULL);
		COUNTED_YIELD(NULL);
	}
	return 0;
}

static int64_t clock_ticks(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
#ifdef REPAIRED
		if (COUNTED_TAKE(&refresh) < 0)
			return -ECANCELED;
#endif
		AW_WRITE(token) = 0;
		version++;
#ifdef REPAIRED
		COUNTED_FREE(&refresh);
#endif
		COUNTED_YIELD(NULL);
		COUNTED_YIELD(NULL);
	}
	return 0;
}

#ifdef REPAIRED
static void setup(void)
{
	COUNTED_LOCK_INIT(&refresh, "refresh");
}

static void end(void)
{
	aw_lock_free(refresh.lock);
}
#else
#define setup NULL
#define end   NULL
#endif

static void truth(void)
{
#ifdef REPAIRED
	truth_print_lock(&refresh);
#else
	truth_print_finding("check-then-act", "token", twice);
#endif
}

int main(void)
{
	return scene_play((struct scene){
		setup, end, truth, 0, {{request, "request", 3}, {clock_ticks, "clock", 1}}});
}
