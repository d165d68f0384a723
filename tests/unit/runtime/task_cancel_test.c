/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * task_cancel_test.c - cancellation: when it is delivered, and to whom. The cases are those of
 * asyncio's own tests (Lib/test/test_asyncio/test_tasks.py), in C.
 */
#include <errno.h>
#include <stdlib.h>

#include "journal.h"

static int64_t cancel_asleep(void *arg)
{
	struct aw_task *task = go(sleep_noting, "a");

	(void)arg;
	aw_yield();
	note("%d", aw_cancel(task));
	finish(task);
	return 0;
}

Test(task_cancel, a_cancelled_sleep_returns_and_cleanup_may_suspend)
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

Test(task_cancel, a_task_cancelled_before_its_first_step_never_runs)
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

Test(task_cancel, cancelling_an_ended_task_does_nothing)
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

Test(task_cancel, a_cancel_is_delivered_once_at_the_next_suspension_only)
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

Test(task_cancel, a_task_that_ends_with_a_cancel_pending_ends_cancelled)
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

Test(task_cancel, cancelling_an_awaiter_cancels_what_it_awaits_first)
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

Test(task_cancel, an_awaiter_goes_on_when_the_awaited_task_does_not_obey_the_cancel)
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

Test(task_cancel, await_with_a_deadline_cancels_and_waits_for_the_end)
{
	aw_run(await_expiring, NULL);
	expect_journal("obeys:-125 obeys:cleaned -110 swallowed:-125 0");
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

Test(task_cancel, a_cancel_breaks_a_circle_of_awaits)
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

Test(task_cancel, a_task_that_is_ready_already_can_still_be_cancelled)
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

Test(task_cancel, tasks_left_when_main_ends_are_cancelled_and_waited_for)
{
	cr_expect_eq(aw_run(leave_behind, NULL), 1);
	expect_journal("b1 main ends b2 a:-125 a:cleaned");
}
