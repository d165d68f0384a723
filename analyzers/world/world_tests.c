/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world_tests.c - which test of a suite runs: TEST events.
 */
#include "world.h"

uint64_t world_test(const struct world *world)
{
	const struct thread *thread = world->told;

	if (thread && !thread->tests)
		thread = world->tester;
	return thread ? thread->test : 0;
}

void world_test_begin(struct world *world, struct thread *thread, uint64_t test)
{
	if (!thread->tests)
		world->tester = world->testers ? NULL : thread;
	thread->tests = world->testers = true;
	thread->test = test;
}

void world_test_lost(struct world *world, struct thread *thread)
{
	if (thread) {
		thread->test = 0;
		return;
	}
	for (uint32_t i = 0; i < world->thread_count; i++)
		world->threads[i]->test = 0;
}
