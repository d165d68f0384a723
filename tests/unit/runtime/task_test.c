/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * task_test.c - tasks: order, await, wait, handles, stacks.
 */
#include <errno.h>
#include <stdlib.h>

#include "journal.h"

static int64_t add_one(void *arg)
{
	return *(int *)arg + 1;
}

Test(task, run_returns_what_main_returns)
{
	int n = 41;

	cr_expect_eq(aw_run(add_one, &n), 42);
	n = -ENOENT - 1;
	cr_expect_eq(aw_run(add_one, &n), -ENOENT, "and a loop can be run again");
}

static int64_t run_inside(void *arg)
{
	return aw_run(add_one, arg);
}

Test(task, a_loop_in_a_loop_is_refused)
{
	int n = 0;

	cr_expect_eq(aw_run(run_inside, &n), -EBUSY);
}

Test(task, outside_a_loop_nothing_suspends)
{
	struct aw_lock *lock = aw_lock_new(NULL);

	cr_expect_eq(aw_yield(), -EPERM);
	cr_expect_eq(aw_sleep(MS(1)), -EPERM);
	cr_expect_eq(aw_lock_acquire(lock, AW_FOREVER), -EPERM);
	cr_expect_eq(aw_call_soon(free, NULL), -EPERM);
	cr_expect_eq(aw_task_spawn(add_one, NULL, NULL), -EPERM);
	cr_expect_null(aw_task_create(add_one, NULL, NULL));
	cr_expect_null(aw_current());
	cr_expect_null(aw_loop_current());
	aw_lock_free(lock);
}

static int64_t interleave(void *arg)
{
	struct aw_task *a = go(step_twice, "a"), *b = go(step_twice, "b");

	(void)arg;
	note("main");
	finish(a);
	finish(b);
	return 0;
}

Test(task, created_tasks_start_later_and_take_turns)
{
	aw_run(interleave, NULL);
	expect_journal("main a1 b1 a2 b2 a=7 b=7");
}

static int64_t start_eagerly(void *arg)
{
	struct aw_task *task = aw_task_start(step_twice, "a", "a");

	(void)arg;
	note("main:%s", aw_task_name(aw_current()));
	finish(task);
	task = aw_task_start(add_one, &(int){1}, "done");
	note("%d", aw_task_done(task));
	finish(task);
	return 0;
}

Test(task, an_eager_task_runs_until_it_first_suspends)
{
	aw_run(start_eagerly, NULL);
	expect_journal("a1 main:main a2 a=7 1 done=2");
}

static int64_t start_nested(void *depth)
{
	intptr_t n = (intptr_t)depth;
	struct aw_task *inner = NULL;

	note("in%d", (int)n);
	if (n < 3)
		inner = aw_task_start(start_nested, (void *)(n + 1), NULL);
	note("out%d", (int)n);
	aw_yield();
	note("end%d", (int)n);
	if (inner)
		aw_await(inner, LONG, NULL);
	aw_task_free(inner);
	return 0;
}

Test(task, eager_tasks_nest)
{
	aw_run(start_nested, (void *)1);
	expect_journal("in1 in2 in3 out3 out2 out1 end3 end2 end1");
}

static int64_t wait_expiring(void *arg)
{
	struct aw_task *task = go(sleep_noting, "a");

	(void)arg;
	note("%d,%d", aw_wait(task, aw_after(MS(50))), aw_task_done(task));
	note("%d", aw_wait(task, 0));
	aw_cancel(task);
	finish(task);
	return 0;
}

Test(task, wait_with_a_deadline_leaves_the_task_alone)
{
	aw_run(wait_expiring, NULL);
	expect_journal("-110,0 -110 a:-125 a:cleaned a=-125");
}

static int64_t await_failed(void *arg)
{
	int n = -ENOENT - 1;
	struct aw_task *task = aw_task_create(add_one, &n, NULL);
	int64_t result = 0;

	(void)arg;
	note("%d", (int)aw_task_result(task));
	note("%d", aw_await(task, LONG, &result));
	note("%d", (int)result);
	note("again:%d", aw_await(task, LONG, NULL));
	aw_task_free(task);
	note("%d", aw_await(NULL, LONG, NULL));
	note("%d", aw_await(aw_current(), LONG, NULL));
	return 0;
}

Test(task, await_passes_errors_on)
{
	aw_run(await_failed, NULL);
	expect_journal("-115 -2 -2 again:-2 -22 -35");
}

static struct aw_task *kept;

static int64_t keep_handle(void *arg)
{
	(void)arg;
	kept = go(step_twice, "kept");
	return 0;
}

Test(task, a_handle_outlives_the_task_and_the_loop)
{
	aw_run(keep_handle, NULL);
	cr_expect(aw_task_done(kept));
	cr_expect_eq(aw_task_result(kept), -ECANCELED);
	cr_expect_str_eq(aw_task_name(kept), "kept");
	cr_expect_not(aw_cancel(kept));
	aw_task_free(kept);
	aw_task_free(NULL);
}

static int64_t spin(void *stop)
{
	while (!*(bool *)stop)
		aw_yield();
	return 0;
}

static int64_t sleep_among_spinners(void *arg)
{
	bool stop = false;
	struct aw_task *a = aw_task_create(spin, &stop, NULL);
	struct aw_task *b = aw_task_create(spin, &stop, NULL);

	(void)arg;
	aw_sleep(MS(5));
	stop = true;
	aw_wait(a, LONG);
	aw_wait(b, LONG);
	aw_task_free(a);
	aw_task_free(b);
	return 0;
}

Test(task, tasks_that_never_wait_do_not_starve_timers, .timeout = 10)
{
	cr_expect_eq(aw_run(sleep_among_spinners, NULL), 0);
}

static int64_t count_down(void *left)
{
	if (--*(int *)left)
		return aw_task_spawn(count_down, left, NULL);
	return 0;
}

static int64_t many_tasks(void *arg)
{
	struct aw_task **tasks = calloc(20000, sizeof(*tasks));
	int left = 20000, sum = 0;
	int64_t result;

	(void)arg;
	for (int i = 0; i < 20000; i++)
		tasks[i] = aw_task_create(add_one, &sum, NULL);
	for (int i = 0; i < 20000; i++) {
		aw_await(tasks[i], LONG, &result);
		sum += (int)result - sum;
		aw_task_free(tasks[i]);
	}
	free(tasks);
	aw_task_spawn(count_down, &left, NULL);
	while (left)
		aw_yield();
	return sum;
}

Test(task, twenty_thousand_tasks_at_once_and_one_after_the_other)
{
	cr_expect_eq(aw_run(many_tasks, NULL), 1);
}

static int64_t big_frame(void *arg)
{
	volatile char frame[200 * 1024];

	(void)arg;
	memset((char *)frame, 1, sizeof(frame));
	return frame[sizeof(frame) - 1];
}

Test(task, the_stack_size_can_be_chosen)
{
	struct aw_run_options options = {.stack_bytes = 512 * 1024, .name = "big"};

	cr_expect_eq(aw_run_with(big_frame, NULL, &options), 1);
}

static int64_t name_of_self(void *arg)
{
	struct aw_task *unnamed = aw_task_create(add_one, NULL, NULL);
	struct aw_task *longest =
		go(step_twice, "0123456789012345678901234567890123456789012345678");

	(void)arg;
	note("%s", aw_task_name(aw_current()));
	note("[%s]", aw_task_name(unnamed));
	note("%zu", strlen(aw_task_name(longest)));
	note("%d", aw_task_id(unnamed) != aw_task_id(longest) && aw_task_id(unnamed));
	aw_cancel(unnamed);
	aw_cancel(longest);
	aw_task_free(unnamed);
	aw_task_free(longest);
	return 0;
}

Test(task, names_are_copied_and_cut)
{
	aw_run(name_of_self, NULL);
	expect_journal("main [] 47 1");
}
