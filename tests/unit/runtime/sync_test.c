/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sync_test.c - Event, Condition, Queue and Future: who is woken, and what happens to a wake-up
 * whose waiter is cancelled. After asyncio's own tests (Lib/test/test_asyncio/test_locks.py,
 * test_queues.py), in C.
 */
#include <errno.h>

#include "sync_objects.h"

static int64_t wait_flag(void *name)
{
	note("%s:%d", (char *)name, aw_flag_wait(flag, AW_FOREVER));
	return 0;
}

static int64_t flag_pulse(void *arg)
{
	struct aw_task *a = go(wait_flag, "a"), *b = go(wait_flag, "b"), *c;

	(void)arg;
	note("%d", aw_flag_wait(flag, aw_after(MS(1))));
	aw_flag_set(flag);
	aw_flag_clear(flag);
	c = go(wait_flag, "c");
	finish(a);
	finish(b);
	note("%d,%d", aw_task_done(c), aw_flag_is_set(flag));
	aw_flag_set(flag);
	finish(c);
	note("%d", aw_flag_wait(flag, 0));
	return 0;
}

Test(sync, all_who_wait_for_a_flag_pass_even_if_it_is_cleared_at_once)
{
	run(flag_pulse, 0);
	expect_journal("-110 a:0 b:0 a=0 b=0 0,0 c:0 c=0 0");
}

static int64_t wait_condition(void *name)
{
	int err;

	aw_lock_acquire(aw_condition_lock(condition), AW_FOREVER);
	err = aw_condition_wait(condition, AW_FOREVER);
	note("%s:%d,%d", (char *)name, err, aw_lock_locked(aw_condition_lock(condition)));
	aw_yield();
	aw_lock_release(aw_condition_lock(condition));
	return err;
}

static int64_t condition_order(void *arg)
{
	struct aw_task *a = go(wait_condition, "a"), *b = go(wait_condition, "b"),
		       *c = go(wait_condition, "c");
	struct aw_lock *mutex = aw_condition_lock(condition);

	(void)arg;
	note("%d %d", aw_condition_notify(condition, 1), aw_condition_wait(condition, AW_FOREVER));
	aw_yield();
	aw_lock_acquire(mutex, AW_FOREVER);
	aw_condition_notify(condition, 1);
	aw_yield();
	note("still mine");
	aw_lock_release(mutex);
	finish(a);
	aw_lock_acquire(mutex, AW_FOREVER);
	aw_condition_notify_all(condition);
	aw_lock_release(mutex);
	finish(b);
	finish(c);
	return 0;
}

Test(sync, a_condition_wakes_in_order_and_its_lock_is_held_again)
{
	run(condition_order, 0);
	expect_journal("-1 -1 still mine a:0,1 a=0 b:0,1 c:0,1 b=0 c=0");
}

static int64_t condition_cancel_notified(void *arg)
{
	struct aw_task *a = go(wait_condition, "a"), *b = go(wait_condition, "b");
	struct aw_lock *mutex = aw_condition_lock(condition);

	(void)arg;
	aw_yield();
	aw_lock_acquire(mutex, AW_FOREVER);
	aw_condition_notify(condition, 1);
	aw_cancel(a);
	aw_lock_release(mutex);
	finish(b);
	finish(a);
	return 0;
}

Test(sync, a_notify_whose_waiter_is_cancelled_goes_to_the_next)
{
	run(condition_cancel_notified, 0);
	expect_journal("a:-125,1 b:0,1 b=0 a=-125");
}

static int64_t condition_cancel_reacquiring(void *arg)
{
	struct aw_task *a = go(wait_condition, "a");
	struct aw_lock *mutex = aw_condition_lock(condition);

	(void)arg;
	aw_yield();
	aw_lock_acquire(mutex, AW_FOREVER);
	aw_condition_notify(condition, 1);
	aw_yield(); /* a waits for the lock now */
	aw_cancel(a);
	aw_yield();
	note("not before it has the lock");
	aw_lock_release(mutex);
	finish(a);
	return 0;
}

Test(sync, a_cancel_while_the_lock_is_taken_again_comes_after_it)
{
	run(condition_cancel_reacquiring, 0);
	expect_journal("not before it has the lock a:-125,1 a=-125");
}

static int64_t condition_timeout(void *arg)
{
	struct aw_condition *other = aw_condition_new(lock, NULL);

	(void)arg;
	cr_expect_eq(aw_condition_lock(other), lock);
	aw_lock_acquire(lock, AW_FOREVER);
	note("%d", aw_condition_wait(other, aw_after(MS(2))));
	note("%d", aw_lock_release(lock));
	aw_condition_free(other);
	return 0;
}

Test(sync, a_condition_on_a_given_lock_times_out_with_the_lock_held)
{
	run(condition_timeout, 0);
	expect_journal("-110 0");
}

static int64_t getter(void *name)
{
	void *item = NULL;
	int err = aw_queue_get(queue, &item, AW_FOREVER);

	note("%s:%d:%s", (char *)name, err, err ? "" : (char *)item);
	return err;
}

static int64_t putter(void *item)
{
	int err = aw_queue_put(queue, item, AW_FOREVER);

	note("put %s:%d", (char *)item, err);
	return err;
}

static int64_t queue_bounded(void *arg)
{
	struct aw_task *a = go(putter, "a"), *b = go(putter, "b"), *c = go(putter, "c"),
		       *d = go(putter, "d");
	void *item;

	(void)arg;
	aw_yield();
	note("%zu %d", aw_queue_count(queue), aw_queue_try_put(queue, "x"));
	while (aw_queue_get(queue, &item, aw_after(MS(2))) == 0)
		note("got %s", (char *)item);
	note("%d", aw_queue_try_get(queue, &item));
	finish(a);
	finish(b);
	finish(c);
	finish(d);
	return 0;
}

Test(sync, a_full_queue_makes_putters_wait_and_keeps_the_order)
{
	run(queue_bounded, 0);
	expect_journal("put a:0 put b:0 2 -11 got a got b put c:0 put d:0 got c got d -11 "
	               "a=0 b=0 c=0 d=0");
}

static int64_t queue_cancel_woken(void *arg)
{
	struct aw_task *a = go(getter, "a"), *b = go(getter, "b");

	(void)arg;
	aw_yield();
	aw_queue_try_put(queue, "item");
	aw_cancel(a);
	finish(b);
	finish(a);
	return 0;
}

Test(sync, an_item_for_a_cancelled_getter_goes_to_the_next)
{
	run(queue_cancel_woken, 0);
	expect_journal("a:-125: b:0:item b=0 a=-125");
}

static int64_t queue_cancel_putter(void *arg)
{
	struct aw_task *a, *b;
	void *item;

	(void)arg;
	aw_queue_try_put(queue, "1");
	aw_queue_try_put(queue, "2");
	a = go(putter, "a");
	b = go(putter, "b");
	aw_yield();
	aw_queue_try_get(queue, &item);
	aw_cancel(a);
	finish(b);
	finish(a);
	while (aw_queue_try_get(queue, &item) == 0)
		note("%s", (char *)item);
	return 0;
}

Test(sync, the_place_of_a_cancelled_putter_goes_to_the_next)
{
	run(queue_cancel_putter, 0);
	expect_journal("put a:-125 put b:0 b=0 a=-125 2 b");
}

static int64_t queue_unbounded(void *arg)
{
	struct aw_queue *big = aw_queue_new(0, NULL);
	static char items[1000];
	void *item;

	(void)arg;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 1000; i++)
			cr_assert_eq(aw_queue_put(big, &items[i], AW_FOREVER), 0);
		for (int i = 0; i < 1000 - round; i++) {
			cr_assert_eq(aw_queue_get(big, &item, AW_FOREVER), 0);
			if (round == 0)
				cr_assert_eq(item, &items[i]);
		}
	}
	note("%zu", aw_queue_count(big));
	aw_queue_free(big);
	return 0;
}

Test(sync, an_unbounded_queue_grows_and_keeps_the_order)
{
	run(queue_unbounded, 0);
	expect_journal("3");
}

static struct aw_future *future;

static int64_t await_future(void *name)
{
	int64_t result = 0;
	int err = aw_future_await(future, AW_FOREVER, &result);

	note("%s:%d,%lld", (char *)name, err, (long long)result);
	return err;
}

static int64_t future_set(void *arg)
{
	struct aw_task *a, *b;
	int64_t result;

	(void)arg;
	future = aw_future_new("future");
	a = go(await_future, "a");
	b = go(await_future, "b");
	aw_yield();
	note("%d", aw_future_wait(future, aw_after(MS(1))));
	note("%d", aw_future_done(future));
	note("%d", aw_future_set(future, 9));
	note("%d", aw_future_set(future, 8));
	note("%d", aw_future_cancel(future));
	finish(a);
	finish(b);
	note("%d", aw_future_await(future, 0, &result));
	note("%lld", (long long)result);
	aw_future_free(future);
	return 0;
}

Test(sync, a_future_is_set_once_for_all_its_waiters)
{
	run(future_set, 0);
	expect_journal("-110 0 0 -114 0 a:0,9 b:0,9 a=0 b=0 0 9");
}

static int64_t future_cancel_waiter(void *arg)
{
	struct aw_task *a, *b;

	(void)arg;
	future = aw_future_new(NULL);
	a = go(await_future, "a");
	b = go(await_future, "b");
	aw_yield();
	aw_cancel(a);
	note("%d", aw_future_set(future, 1));
	finish(a);
	finish(b);
	aw_future_free(future);
	future = aw_future_new(NULL);
	note("%d", aw_future_await(future, aw_after(MS(1)), NULL));
	note("%d", aw_future_done(future));
	aw_future_free(future);
	return 0;
}

Test(sync, cancelling_a_waiter_cancels_the_future)
{
	run(future_cancel_waiter, 0);
	expect_journal("-114 a:-125,-125 b:-125,-125 a=-125 b=-125 -110 1");
}
