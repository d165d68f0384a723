/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * task_test.c - tasks: order, await, cancel, gather. The cases of cancellation are those of
 * asyncio's own tests (Lib/test/test_asyncio/test_tasks.py), in C.
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

static int64_t step_twice(void *name)
{
	note("%s1", (char *)name);
	aw_yield();
	note("%s2", (char *)name);
	return 7;
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

static int64_t sleep_noting(void *name)
{
	int err = aw_sleep(AW_NS_PER_S * 20);

	note("%s:%d", (char *)name, err);
	aw_yield();
	note("%s:cleaned", (char *)name);
	return err;
}

static int64_t cancel_asleep(void *arg)
{
	struct aw_task *task = go(sleep_noting, "a");

	(void)arg;
	aw_yield();
	note("%d", aw_cancel(task));
	finish(task);
	return 0;
}

Test(task, a_cancelled_sleep_returns_and_cleanup_may_suspend)
{
	aw_run(cancel_asleep, NULL);
	expect_journal("1 a:-125 a:cleaned a=-125");
}

static int64_t cancel_unstarted(void *arg)
{
	struct aw_task *task = go(step_twice, "a");

	(void)arg;
	note("%d", aw_cancel(task));
	finish(task);
	return 0;
}

Test(task, a_task_cancelled_before_its_first_step_never_runs)
{
	aw_run(cancel_unstarted, NULL);
	expect_journal("1 a=-125");
}

static int64_t cancel_ended(void *arg)
{
	struct aw_task *task = go(step_twice, "a");

	(void)arg;
	aw_wait(task, LONG);
	note("%d", aw_cancel(task));
	note("%d", aw_cancel(NULL));
	finish(task);
	return 0;
}

Test(task, cancelling_an_ended_task_does_nothing)
{
	aw_run(cancel_ended, NULL);
	expect_journal("a1 a2 0 0 a=7");
}

static int64_t cancel_self(void *arg)
{
	struct aw_lock *lock = aw_lock_new(NULL);

	(void)arg;
	aw_cancel(aw_current());
	note("ready:%d", aw_lock_acquire(lock, AW_FOREVER));
	aw_lock_release(lock);
	note("yield:%d", aw_yield());
	note("again:%d", aw_yield());
	aw_lock_free(lock);
	return 5;
}

Test(task, a_cancel_is_delivered_once_at_the_next_suspension_only)
{
	cr_expect_eq(aw_run(cancel_self, NULL), 5);
	expect_journal("ready:0 yield:-125 again:0");
}

static int64_t cancel_self_and_end(void *arg)
{
	(void)arg;
	aw_cancel(aw_current());
	return 5;
}

Test(task, a_task_that_ends_with_a_cancel_pending_ends_cancelled)
{
	cr_expect_eq(aw_run(cancel_self_and_end, NULL), -ECANCELED);
}

static int64_t await_forever(void *task)
{
	int64_t result = 0;
	int err = aw_await(task, AW_FOREVER, &result);

	note("await:%d,%lld", err, (long long)result);
	return err;
}

static int64_t cancel_awaiter(void *arg)
{
	struct aw_task *inner = go(sleep_noting, "inner");
	struct aw_task *outer = aw_task_create(await_forever, inner, "outer");

	(void)arg;
	aw_yield();
	aw_cancel(outer);
	finish(outer);
	finish(inner);
	return 0;
}

Test(task, cancelling_an_awaiter_cancels_what_it_awaits_first)
{
	aw_run(cancel_awaiter, NULL);
	expect_journal("inner:-125 inner:cleaned await:-125,-125 outer=-125 inner=-125");
}

static int64_t swallow(void *arg)
{
	(void)arg;
	note("swallowed:%d", aw_sleep(AW_NS_PER_S * 20));
	return 3;
}

static int64_t cancel_awaiter_of_stubborn(void *arg)
{
	struct aw_task *inner = go(swallow, "inner");
	struct aw_task *outer = aw_task_create(await_forever, inner, "outer");

	(void)arg;
	aw_yield();
	aw_cancel(outer);
	finish(outer);
	finish(inner);
	return 0;
}

Test(task, an_awaiter_goes_on_when_the_awaited_task_does_not_obey_the_cancel)
{
	aw_run(cancel_awaiter_of_stubborn, NULL);
	expect_journal("swallowed:-125 await:0,3 outer=0 inner=3");
}

static int64_t await_expiring(void *arg)
{
	struct aw_task *obeys = go(sleep_noting, "obeys"), *swallows = go(swallow, "swallows");

	(void)arg;
	note("%d", aw_await(obeys, aw_after(MS(50)), NULL));
	note("%d", aw_await(swallows, aw_after(MS(50)), NULL));
	aw_task_free(obeys);
	aw_task_free(swallows);
	return 0;
}

Test(task, await_with_a_deadline_cancels_and_waits_for_the_end)
{
	aw_run(await_expiring, NULL);
	expect_journal("obeys:-125 obeys:cleaned -110 swallowed:-125 0");
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

static struct aw_task *circle[2];

static int64_t await_other(void *arg)
{
	return aw_await(circle[(intptr_t)arg], AW_FOREVER, NULL);
}

static int64_t break_circle(void *arg)
{
	(void)arg;
	circle[0] = aw_task_create(await_other, (void *)1, "a");
	circle[1] = aw_task_create(await_other, (void *)0, "b");
	aw_yield();
	aw_cancel(circle[0]);
	finish(circle[0]);
	finish(circle[1]);
	return 0;
}

Test(task, a_cancel_breaks_a_circle_of_awaits)
{
	aw_run(break_circle, NULL);
	expect_journal("a=-125 b=-125");
}

static int64_t yield_once(void *arg)
{
	(void)arg;
	return aw_yield();
}

static int64_t cancel_woken(void *arg)
{
	struct aw_task *task = aw_task_create(yield_once, NULL, "yields");

	(void)arg;
	aw_yield();
	aw_cancel(task); /* it is ready already */
	finish(task);
	return 0;
}

Test(task, a_task_that_is_ready_already_can_still_be_cancelled)
{
	aw_run(cancel_woken, NULL);
	expect_journal("yields=-125");
}

static int64_t leave_behind(void *arg)
{
	(void)arg;
	aw_task_spawn(sleep_noting, "a", "a");
	aw_task_spawn(step_twice, "b", "b");
	aw_yield();
	note("main ends");
	return 1;
}

Test(task, tasks_left_when_main_ends_are_cancelled_and_waited_for)
{
	cr_expect_eq(aw_run(leave_behind, NULL), 1);
	expect_journal("b1 main ends b2 a:-125 a:cleaned");
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

static int64_t wait_until(void *arg)
{
	int64_t ms = (intptr_t)arg;
	int err = aw_sleep(MS(ms));

	note("%lld", (long long)ms);
	return err < 0 ? err : ms;
}

static int64_t sleep_sort(void *arg)
{
	const intptr_t times[] = {90, 5, 45};
	struct aw_task *tasks[3];
	int64_t results[3];

	(void)arg;
	for (int i = 0; i < 3; i++)
		tasks[i] = aw_task_create(wait_until, (void *)times[i], NULL);
	note("%d", aw_gather(tasks, 3, 0, LONG, results));
	for (int i = 0; i < 3; i++) {
		note("%lld", (long long)results[i]);
		aw_task_free(tasks[i]);
	}
	return 0;
}

Test(task, gather_gives_results_in_order_whenever_they_came)
{
	aw_run(sleep_sort, NULL);
	expect_journal("5 45 90 0 90 5 45");
}

static int64_t fail_late(void *arg)
{
	aw_sleep(MS(2));
	return -(intptr_t)arg;
}

static int64_t cancel_task(void *task)
{
	return aw_cancel(task);
}

static int64_t gather_failing(void *flags)
{
	struct aw_task *tasks[] = {go(sleep_noting, "slow"),
	                           aw_task_create(fail_late, (void *)EIO, NULL)};
	int64_t results[2];

	if (flags)
		aw_task_spawn(cancel_task, tasks[0], NULL);
	note("%d", aw_gather(tasks, 2, (unsigned int)(intptr_t)flags, LONG, results));
	note("%lld %lld", (long long)results[0], (long long)results[1]);
	aw_cancel(tasks[0]);
	finish(tasks[0]);
	aw_task_free(tasks[1]);
	return 0;
}

Test(task, gather_returns_at_the_first_failure_and_the_others_go_on)
{
	aw_run(gather_failing, NULL);
	expect_journal("-5 -115 -5 slow:-125 slow:cleaned slow=-125");
}

Test(task, gather_all_waits_for_all)
{
	aw_run(gather_failing, (void *)AW_GATHER_ALL);
	expect_journal("slow:-125 slow:cleaned 0 -125 -5 slow=-125");
}

static int64_t gather_two(void *deadline)
{
	struct aw_task *tasks[] = {go(sleep_noting, "a"), go(sleep_noting, "b")};
	int err = aw_gather(tasks, 2, 0, deadline ? aw_after(MS(50)) : AW_FOREVER, NULL);

	note("gather:%d", err);
	aw_task_free(tasks[0]);
	aw_task_free(tasks[1]);
	return err;
}

static int64_t cancel_gather(void *arg)
{
	struct aw_task *task = aw_task_create(gather_two, NULL, "g");

	(void)arg;
	aw_yield();
	aw_yield();
	aw_cancel(task);
	finish(task);
	return 0;
}

Test(task, cancelling_a_gather_cancels_its_tasks_and_waits_for_them)
{
	aw_run(cancel_gather, NULL);
	expect_journal("a:-125 b:-125 a:cleaned b:cleaned gather:-125 g=-125");
}

Test(task, a_gather_that_times_out_cancels_its_tasks)
{
	cr_expect_eq(aw_run(gather_two, (void *)1), -ETIMEDOUT);
	expect_journal("a:-125 b:-125 a:cleaned b:cleaned gather:-110");
}

static int64_t gather_none(void *arg)
{
	(void)arg;
	return aw_gather(NULL, 0, 0, AW_FOREVER, NULL);
}

Test(task, gathering_nothing_does_not_wait)
{
	cr_expect_eq(aw_run(gather_none, NULL), 0);
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
