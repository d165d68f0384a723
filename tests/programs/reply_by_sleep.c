/* expect: finding stale-use reply */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reply_by_sleep.c - a reply that is waited for by sleeping, and used though it may have changed
 * meanwhile.
 */
#include "scene.h"

TRUTH_AWAITS;

enum { ROUNDS = 30 };

static uint64_t reply;
static uint64_t version;
static uint64_t stale;
static uint64_t used;
static struct aw_flag *answered;

static int64_t server(void *arg)
{
	uint64_t request = (uint64_t)(uintptr_t)arg;

	AW_WRITE(reply) = request;
	version++;
	aw_flag_set(answered);
	return 0;
}

static int64_t client(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t seen;

		aw_flag_clear(answered);
		AW_WRITE(reply) = 0;
		seen = ++version;
		aw_task_free(scene_task(server, i, "server"));
#ifdef REPAIRED
		COUNTED_AWAIT(aw_flag_wait(answered, AW_FOREVER), true);
#else
		COUNTED_AWAIT(aw_sleep(AW_NS_PER_MS), true);
#endif
		AW_USE(reply);
		stale += seen != version;
		used += reply;
	}
	return 0;
}

static void setup(void)
{
	answered = aw_flag_new("answered");
	assert(answered);
}

static void end(void)
{
	aw_flag_free(answered);
}

static void truth(void)
{
#ifndef REPAIRED
	truth_print_finding("stale-use", "reply", stale);
#endif
}

int main(void)
{
	return scene_play((struct scene){setup, end, truth, 0, {{client, "client", 1}}});
}
