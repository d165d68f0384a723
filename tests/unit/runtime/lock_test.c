/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock_test.c - Lock, Semaphore and RWLock: who is next, and what happens to a wake-up whose waiter
 * is cancelled. After asyncio's own tests (Lib/test/test_asyncio/test_locks.py), in C.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "sync_objects.h"

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

Test(lock, a_lock_is_taken_in_the_order_of_asking_and_nobody_overtakes)
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

Test(lock, a_woken_waiter_that_is_cancelled_passes_the_lock_on)
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

Test(lock, a_cancelled_waiter_is_skipped_and_wakes_nobody_twice)
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

Test(lock, a_lock_wait_ends_at_its_deadline_and_a_double_release_is_refused)
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

Test(lock, another_task_may_release_a_lock)
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

Test(lock, a_semaphore_hands_permits_to_waiters_in_order)
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

Test(lock, a_permit_handed_to_a_cancelled_task_goes_to_the_next)
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

Test(lock, a_cancelled_waiter_takes_no_permit)
{
	run(semaphore_two_releases, 0);
	expect_journal("a:-125 b:0 a=-125 b=0 1");
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

Test(lock, readers_share_and_do_not_overtake_a_waiting_writer)
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

Test(lock, a_cancelled_writer_lets_the_readers_behind_it_in)
{
	run(rwlock_cancel_writer, 0);
	expect_journal("w:-125 r:0 r=0 w=-125 w2:-125 r2:0 r2=0 w2=-125");
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

Test(lock, an_object_belongs_to_one_loop_while_that_runs)
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

Test(lock, freeing_a_held_lock_is_an_assertion, .signal = SIGABRT)
{
	aw_run(leave_locked, aw_lock_new(NULL));
}
