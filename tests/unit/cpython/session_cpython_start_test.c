/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_cpython_start_test.c - a Python program traced from its first step; windows.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cpython/cpython_session.h"
#include "target/spawn.h"

struct counts {
	unsigned taken, resumes, created, snapshots, lost;
};

static int count_batch(void *context, const struct stream_batch *batch)
{
	struct counts *counts = context;

	for (size_t i = 0; i < batch->count; i++) {
		const struct aw_event *event = &batch->events[i];

		counts->taken += event->kind == AW_LOCK_TAKEN;
		counts->resumes += event->kind == AW_RESUME;
		counts->lost += event->kind == AW_LOST;
		if (event->kind == AW_TASK_NEW) {
			counts->created++;
			counts->snapshots += !!(event->arg & AW_ARG_SNAPSHOT);
		}
	}
	return 0;
}

static char *python(void)
{
	char *path = getenv("PYTHON");

	return path ? path : "/usr/bin/python3";
}

static void trace(struct spawn *spawn, const struct cpython_session_options *options,
                  struct counts *counts)
{
	struct fault fault = {0};
	struct source *source;
	int error = cpython_session_open(options, &source, &fault);

	cr_assert_eq(error, 0, "open: %s", fault.message);
	cr_assert_eq(spawn_release(spawn), 0);
	for (int i = 0; i < 4000 && !spawn_wait(spawn, false); i++)
		cr_assert_geq(source->ops->poll(source, 5, count_batch, counts), 0);
	cr_assert_eq(source->ops->stop(source, count_batch, counts), 0);
	source->ops->close(source);
	cr_assert_eq(spawn_wait(spawn, false), 1, "it did not end");
	cr_assert_eq(spawn->status, 0);
	spawn_close(spawn);
}

Test(session_cpython_start, a_program_that_is_started_is_traced_from_its_first_step)
{
	char *argv[] = {python(), "tests/programs/python/first.py", NULL};
	struct cpython_session_options options = {.detail = CPYTHON_LOCKS, .starting = true};
	struct counts counts = {0};
	struct spawn spawn;

	cr_assert_eq(spawn_open(&spawn, argv, NULL), 0);
	cr_assert_eq(spawn.held, SPAWN_AT_ENTRY);
	options.pid = spawn.pid;
	trace(&spawn, &options, &counts);
	cr_expect_eq(counts.taken, 100, "taken %u", counts.taken);
	cr_expect_eq(counts.snapshots, 0);
	/* asyncio.run: the main task, and the shutdown of generators and of the executor; the main
	 * task goes on 25 times after sleep(0) */
	cr_expect_eq(counts.created, 3, "created %u", counts.created);
	cr_expect_eq(counts.resumes, 3 + 25, "resumes %u", counts.resumes);
	cr_expect_eq(counts.lost, 0);
}
