/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_cpython_loops_test.c - loops of several threads, whatever they sleep in, and steps that
 * begin inside others.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "event/names.h"
#include "python_traced.h"

enum { EVENTS = 65536, THREADS = 8 };

struct thread {
	uint32_t tid;
	unsigned resumes, suspends, ended;
};

struct view {
	struct names *names;
	struct aw_event events[EVENTS];
	size_t count;
	uint64_t lost;
	struct thread threads[THREADS];
	unsigned thread_count;
};

static struct program program;
static struct view view;

static struct thread *thread_of(uint32_t tid)
{
	for (unsigned i = 0; i < view.thread_count; i++)
		if (view.threads[i].tid == tid)
			return &view.threads[i];
	cr_assert_lt(view.thread_count, THREADS);
	view.threads[view.thread_count].tid = tid;
	return &view.threads[view.thread_count++];
}

static int keep(void *context, const struct stream_batch *batch)
{
	struct thread *thread = thread_of(batch->tid);

	(void)context;
	for (size_t i = 0; i < batch->count && view.count < EVENTS; i++) {
		const struct aw_event *event = &batch->events[i];

		view.events[view.count++] = *event;
		view.lost += event->kind == AW_LOST;
		thread->resumes += event->kind == AW_RESUME;
		thread->suspends += event->kind == AW_SUSPEND && !(event->arg & AW_ARG_SNAPSHOT);
		thread->ended += event->kind == AW_TASK_END;
	}
	return names_feed(view.names, batch);
}

static void program_trace(const char *name)
{
	cr_assert_eq(names_new(&view.names), 0);
	program_ready(&program, name);
	program_traced(&program, CPYTHON_STEPS, keep, NULL);
	cr_assert_eq(view.lost, 0);
	cr_assert_lt(view.count, EVENTS);
}

static unsigned suspensions_of(const char *name)
{
	unsigned count = 0;

	for (size_t i = 0; i < view.count; i++) {
		const struct aw_event *event = &view.events[i];
		const char *task = event->kind == AW_SUSPEND && !(event->arg & AW_ARG_SNAPSHOT)
		                           ? names_object(view.names, program.pid, event->task)
		                           : NULL;

		count += task && !strcmp(task, name);
	}
	return count;
}

Test(session_cpython_loops, the_last_suspension_is_told_whatever_the_loop_sleeps_in)
{
	program_trace("sleeping");
	cr_expect_eq(suspensions_of("select"), 1);
	cr_expect_eq(suspensions_of("poll"), 1);
	cr_expect_eq(suspensions_of("epoll"), 1);
	names_free(view.names);
}

Test(session_cpython_loops, the_steps_of_two_loops_in_two_threads_are_told_apart)
{
	const char *at = program.text;
	unsigned tid, steps, threads = 0;

	program_trace("two_loops");
	while ((at = strstr(at, "thread "))) {
		const struct thread *thread;

		cr_assert_eq(sscanf(at++, "thread %u steps %u", &tid, &steps), 2);
		thread = thread_of(tid);
		cr_expect_eq(thread->resumes, steps, "told %u steps, truth %u", thread->resumes,
		             steps);
		cr_expect_eq(thread->suspends + thread->ended, thread->resumes,
		             "told %u suspensions and %u ends of %u steps", thread->suspends,
		             thread->ended, thread->resumes);
		threads++;
	}
	cr_expect_eq(threads, 2);
	names_free(view.names);
}

Test(session_cpython_loops, eager_tasks_are_told_as_steps_inside_others)
{
	unsigned steps, resumes = 0, ends = 0;

	program_trace("eager");
	cr_assert_eq(sscanf(strstr(program.text, "steps "), "steps %u", &steps), 1);
	for (unsigned i = 0; i < view.thread_count; i++) {
		resumes += view.threads[i].resumes;
		ends += view.threads[i].suspends + view.threads[i].ended;
	}
	/* and the step in which the program began to count */
	cr_expect_eq(resumes, steps + 1, "told %u steps, truth %u", resumes, steps + 1);
	cr_expect_eq(ends, resumes);
	names_free(view.names);
}
