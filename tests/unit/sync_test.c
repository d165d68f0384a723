/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sync_test.c - Lock, Semaphore, Event, Condition, Queue and RWLock: who is next, and what
 * happens to a wake-up whose waiter is cancelled. After asyncio's own tests
 * (Lib/test/test_asyncio/test_locks.py, test_queues.py), in C.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "journal.h"

static struct aw_lock *lock;
static struct aw_semaphore *semaphore;
static struct aw_flag *flag;
static struct aw_condition *condition;
static struct aw_queue *queue;
static struct aw_rwlock *rwlock;

/* Runs `fn` as main with a fresh set of objects. */
static aw_task_fn body;

static int64_t with_objects(void *arg)
{
	int64_t result;

	lock = aw_lock_new("lock");
	semaphore = aw_semaphore_new((uint32_t)(uintptr_t)arg, "semaphore");
	flag = aw_flag_new("flag");
	condition = aw_condition_new(NULL, "condition");
	queue = aw_queue_new(2, "queue");
	rwlock = aw_rwlock_new("rwlock");
	result = body(arg);
	aw_lock_free(lock);
	aw_semaphore_free(semaphore);
	aw_flag_free(flag);
	aw_condition_free(condition);
	aw_queue_free(queue);
	aw_rwlock_free(rwlock);
	return result;
}

static void run(aw_task_fn fn, uint32_t permits)
{
	body = fn;
	cr_expect_eq(aw_run(with_objects, (void *)(uintptr_t)permits), 0);
}

static int64_t locker(void *name)
{
	int err = aw_lock_acquire(lock, AW_FOREVER);

	note("%s:%d", (char *)name, err);
	if (err)
		return err;
	aw_yield();
	return aw_lock_release(lock);
}

static int64_t lock_fifo(void *arg)
{
	struct aw_task *a, *b, *c;

	(void)arg;
	aw_lock_acquire(lock, AW_FOREVER);
	a = go(locker, "a");
	b = go(locker, "b");
	c = go(locker, "c");
	aw_yield();
	aw_lock_release(lock);
	note("free:%d", !aw_lock_locked(lock));
	note("me:%d", aw_lock_acquire(lock, AW_FOREVER));
	aw_lock_release(lock);
	finish(a);
	finish(b);
	finish(c);
	return 0;
}

Test(sync, a_lock_is_taken_in_the_order_of_asking_and_nobody_overtakes)
{
	run(lock_fifo, 0);
	expect_journal("free:1 a:0 b:0 c:0 me:0 a=0 b=0 c=0");
}

static int64_t lock_cancel_woken(void *arg)
{
	struct aw_task *a, *b;

	(void)arg;
	aw_lock_acquire(lock, AW_FOREVER);
	a = go(locker, "a");
	b = go(locker, "b");
	aw_yield();
	aw_lock_release(lock); /* a is woken, */
	aw_cancel(a);          /* and cancelled before it runs */
	finish(b);
	finish(a);
	return 0;
}

Test(sync, a_woken_waiter_that_is_cancelled_passes_the_lock_on)
{
	run(lock_cancel_woken, 0);
	expect_journal("a:-125 b:0 b=0 a=-125");
}

static int64_t lock_cancel_waiting(void *arg)
{
	struct aw_task *a, *b;

	(void)arg;
	aw_lock_acquire(lock, AW_FOREVER);
	a = go(locker, "a");
	b = go(locker, "b");
	aw_yield();
	aw_cancel(a);          /* still waiting, */
	aw_lock_release(lock); /* and not run yet: b is next */
	finish(b);
	finish(a);
	note("%d", aw_lock_locked(lock));
	return 0;
}

Test(sync, a_cancelled_waiter_is_skipped_and_wakes_nobody_twice)
{
	run(lock_cancel_waiting, 0);
	expect_journal("a:-125 b:0 b=0 a=-125 0");
}

static int64_t try_lock(void *name)
{
	note("%s:%d", (char *)name, aw_lock_acquire(lock, 0));
	note("%s:%d", (char *)name, aw_lock_acquire(lock, aw_after(MS(2))));
	return 0;
}

static int64_t lock_timeout(void *arg)
{
	struct aw_task *a;

	(void)arg;
	note("%d", aw_lock_acquire(lock, 0));
	a = go(try_lock, "a");
	aw_sleep(MS(10));
	note("%d", aw_lock_release(lock));
	note("%d", aw_lock_release(lock));
	finish(a);
	return 0;
}

Test(sync, a_lock_wait_ends_at_its_deadline_and_a_double_release_is_refused)
{
	run(lock_timeout, 0);
	expect_journal("0 a:-110 a:-110 0 -1 a=0");
}

static int64_t release_for_other(void *name)
{
	note("%s:%d", (char *)name, aw_lock_release(lock));
	return 0;
}

static int64_t lock_other_releases(void *arg)
{
	struct aw_task *a;

	(void)arg;
	aw_lock_acquire(lock, AW_FOREVER);
	a = go(release_for_other, "a");
	note("%d", aw_lock_acquire(lock, LONG)); /* not recursive: waits for a */
	aw_lock_release(lock);
	finish(a);
	return 0;
}

Test(sync, another_task_may_release_a_lock)
{
	run(lock_other_releases, 0);
	expect_journal("a:0 0 a=0");
}

static int64_t permit(void *name)
{
	int err = aw_semaphore_acquire(semaphore, AW_FOREVER);

	note("%s:%d", (char *)name, err);
	return err;
}

static int64_t semaphore_order(void *arg)
{
	struct aw_task *a = go(permit, "a"), *b = go(permit, "b"), *c = go(permit, "c");

	(void)arg;
	aw_yield();
	note("left:%u locked:%d", aw_semaphore_permits(semaphore), aw_semaphore_locked(semaphore));
	aw_semaphore_release(semaphore);
	note("handed:%u", aw_semaphore_permits(semaphore));
	note("try:%d", aw_semaphore_acquire(semaphore, 0));
	finish(a);
	finish(b);
	finish(c);
	aw_semaphore_release(semaphore);
	aw_semaphore_release(semaphore);
	aw_semaphore_release(semaphore);
	note("above:%u", aw_semaphore_permits(semaphore));
	return 0;
}

Test(sync, a_semaphore_hands_permits_to_waiters_in_order)
{
	run(semaphore_order, 2);
	expect_journal("a:0 b:0 left:0 locked:1 handed:0 try:-110 a=0 b=0 c:0 c=0 above:3");
}

static int64_t semaphore_cancel_woken(void *arg)
{
	struct aw_task *a = go(permit, "a"), *b = go(permit, "b");

	(void)arg;
	aw_yield();
	aw_semaphore_release(semaphore);
	aw_cancel(a);
	finish(b);
	finish(a);
	note("%u", aw_semaphore_permits(semaphore));
	return 0;
}

Test(sync, a_permit_handed_to_a_cancelled_task_goes_to_the_next)
{
	run(semaphore_cancel_woken, 0);
	expect_journal("a:-125 b:0 b=0 a=-125 0");
}

static int64_t semaphore_two_releases(void *arg)
{
	struct aw_task *a = go(permit, "a"), *b = go(permit, "b");

	(void)arg;
	aw_yield();
	aw_cancel(a);
	aw_semaphore_release(semaphore);
	aw_semaphore_release(semaphore);
	finish(a);
	finish(b);
	note("%u", aw_semaphore_permits(semaphore));
	return 0;
}

Test(sync, a_cancelled_waiter_takes_no_permit)
{
	run(semaphore_two_releases, 0);
	expect_journal("a:-125 b:0 a=-125 b=0 1");
}

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

static int64_t reader(void *name)
{
	int err = aw_rwlock_read(rwlock, AW_FOREVER);

	note("%s:%d", (char *)name, err);
	if (err)
		return err;
	aw_yield();
	return aw_rwlock_read_done(rwlock);
}

static int64_t writer(void *name)
{
	int err = aw_rwlock_write(rwlock, AW_FOREVER);

	note("%s:%d", (char *)name, err);
	if (err)
		return err;
	aw_yield();
	return aw_rwlock_write_done(rwlock);
}

static int64_t rwlock_order(void *arg)
{
	struct aw_task *a = go(reader, "r1"), *b = go(reader, "r2"), *w = go(writer, "w"),
		       *c = go(reader, "r3"), *d = go(reader, "r4");

	(void)arg;
	note("%d %d", aw_rwlock_read_done(rwlock), aw_rwlock_write_done(rwlock));
	aw_yield();
	note("try:%d", aw_rwlock_read(rwlock, 0));
	finish(a);
	finish(b);
	finish(w);
	finish(c);
	finish(d);
	return 0;
}

Test(sync, readers_share_and_do_not_overtake_a_waiting_writer)
{
	run(rwlock_order, 0);
	expect_journal("-1 -1 r1:0 r2:0 try:-110 r1=0 r2=0 w:0 r3:0 r4:0 w=0 r3=0 r4=0");
}

static int64_t rwlock_cancel_writer(void *arg)
{
	struct aw_task *w, *r;

	(void)arg;
	aw_rwlock_read(rwlock, AW_FOREVER);
	w = go(writer, "w");
	r = go(reader, "r");
	aw_yield();
	aw_cancel(w);
	finish(r);
	finish(w);
	aw_rwlock_read_done(rwlock);
	aw_rwlock_write(rwlock, AW_FOREVER);
	w = go(writer, "w2");
	r = go(reader, "r2");
	aw_yield();
	aw_rwlock_write_done(rwlock); /* handed to w2, */
	aw_cancel(w);                 /* which gives it back */
	finish(r);
	finish(w);
	return 0;
}

Test(sync, a_cancelled_writer_lets_the_readers_behind_it_in)
{
	run(rwlock_cancel_writer, 0);
	expect_journal("w:-125 r:0 r=0 w=-125 w2:-125 r2:0 r2=0 w2=-125");
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

static int64_t lock_elsewhere(void *shared)
{
	return aw_lock_acquire(shared, AW_FOREVER);
}

static void *lock_in_thread(void *shared)
{
	return (void *)(intptr_t)aw_run(lock_elsewhere, shared);
}

static int64_t lock_in_two_loops(void *shared)
{
	pthread_t thread;
	void *result;

	aw_lock_acquire(shared, AW_FOREVER);
	aw_lock_release(shared);
	pthread_create(&thread, NULL, lock_in_thread, shared);
	pthread_join(thread, &result);
	return (intptr_t)result;
}

Test(sync, an_object_belongs_to_one_loop_while_that_runs)
{
	struct aw_lock *shared = aw_lock_new(NULL);

	cr_expect_eq(aw_run(lock_in_two_loops, shared), -EXDEV);
	cr_expect_eq(aw_run(lock_elsewhere, shared), 0);
	aw_lock_release(shared);
	aw_lock_free(shared);
}

static int64_t leave_locked(void *shared)
{
	aw_lock_acquire(shared, AW_FOREVER);
	aw_lock_free(shared);
	return 0;
}

Test(sync, freeing_a_held_lock_is_an_assertion, .signal = SIGABRT)
{
	aw_run(leave_locked, aw_lock_new(NULL));
}
