/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_cpython_end_test.c - a program that ends right after its last step: nothing is lost,
 * and where the last steps suspended is known.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cpython/cpython_session.h"
#include "target/spawn.h"

struct seen {
	unsigned taken, suspends, unplaced, lost;
};

struct ending {
	char how[8];
	int status; /* of waitpid(2) */
};

static int see_batch(void *context, const struct stream_batch *batch)
{
	struct seen *seen = context;

	for (size_t i = 0; i < batch->count; i++) {
		const struct aw_event *event = &batch->events[i];

		seen->taken += event->kind == AW_LOCK_TAKEN;
		seen->suspends += event->kind == AW_SUSPEND;
		seen->unplaced += event->kind == AW_SUSPEND && !event->site;
		seen->lost += event->kind == AW_LOST;
	}
	return 0;
}

ParameterizedTestParameters(session_cpython_end, nothing_is_lost_whichever_way_a_program_ends)
{
	static struct ending endings[] = {{"main", 0}, {"exit", 0}, {"kill", SIGKILL}, {"exec", 0}};

	return cr_make_param_array(struct ending, endings, sizeof(endings) / sizeof(endings[0]));
}

ParameterizedTest(struct ending *ending, session_cpython_end,
                  nothing_is_lost_whichever_way_a_program_ends, .timeout = 60)
{
	char *path = getenv("PYTHON");
	char *argv[] = {path ? path : "/usr/bin/python3", "tests/programs/python/endings.py",
	                ending->how, NULL};
	struct cpython_session_options options = {.detail = CPYTHON_LOCKS, .starting = true};
	struct fault fault = {0};
	struct source *source;
	struct seen seen = {0};
	struct spawn spawn;

	cr_assert_eq(spawn_open(&spawn, argv, NULL), 0);
	options.pid = spawn.pid;
	cr_assert_eq(cpython_session_open(&options, &source, &fault), 0, "%s", fault.message);
	cr_assert_eq(spawn_release(&spawn), 0);
	/* polled as seldom as `run` polls */
	for (int i = 0; i < 200 && !spawn_wait(&spawn, false); i++)
		cr_assert_geq(source->ops->poll(source, 100, see_batch, &seen), 0);
	cr_assert_eq(source->ops->stop(source, see_batch, &seen), 0);
	source->ops->close(source);
	cr_expect_eq(spawn.status, ending->status, "%s: status %x", ending->how, spawn.status);
	spawn_close(&spawn);
	cr_expect_geq(seen.taken, 51, "%s: taken %u", ending->how, seen.taken);
	cr_expect_geq(seen.suspends, 50 + 1 + 1, "%s: suspends %u", ending->how, seen.suspends);
	cr_expect_eq(seen.unplaced, 0, "%s: %u suspensions without a place", ending->how,
	             seen.unplaced);
	cr_expect_eq(seen.lost, 0, "%s: lost", ending->how);
}
