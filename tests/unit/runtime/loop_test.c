/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loop_test.c - callbacks, several loops in several threads, work in other threads.
 */
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "journal.h"

static void call(void *name)
{
	note("%s:%d", (char *)name, aw_current() != NULL);
}

static int64_t call_twice(void *arg)
{
	(void)arg;
	note("%d", aw_call_soon(call, "a"));
	note("%d", aw_call_soon(call, "b"));
	aw_yield();
	note("main");
	return 0;
}

Test(loop, callbacks_run_in_order_between_tasks_and_in_no_task)
{
	aw_run(call_twice, NULL);
	expect_journal("0 0 a:0 b:0 main");
}

static void call_waiting(void *lock)
{
	note("%d", aw_lock_acquire(lock, AW_FOREVER));
	note("%d", aw_sleep(MS(1)));
}

static int64_t call_one_that_waits(void *arg)
{
	aw_call_soon(call_waiting, arg);
	return aw_yield();
}

Test(loop, a_callback_must_not_wait)
{
	struct aw_lock *lock = aw_lock_new(NULL);

	aw_run(call_one_that_waits, lock);
	expect_journal("-1 -1");
	aw_lock_free(lock);
}

static int64_t started_in_callback(void *arg)
{
	(void)arg;
	note("in");
	aw_yield();
	note("end");
	return 0;
}

static void start_task(void *arg)
{
	(void)arg;
	aw_task_free(aw_task_start(started_in_callback, NULL, NULL));
	note("after:%d", aw_current() != NULL);
}

static int64_t start_from_callback(void *arg)
{
	(void)arg;
	aw_call_soon(start_task, NULL);
	aw_yield();
	aw_yield();
	return 0;
}

Test(loop, a_callback_can_start_a_task_eagerly)
{
	aw_run(start_from_callback, NULL);
	expect_journal("in after:0 end");
}

/* Two loops in two threads play ping-pong. */
struct player {
	struct aw_loop *loop;
	struct aw_flag *ready;
	int hits;
	struct player *other;
};

static void hit(void *player)
{
	((struct player *)player)->hits++;
	aw_flag_set(((struct player *)player)->ready);
}

static pthread_barrier_t both;

static int64_t play(void *arg)
{
	struct player *self = arg;

	self->loop = aw_loop_current();
	pthread_barrier_wait(&both);
	for (int i = 0; i < 500; i++) {
		aw_call_soon_threadsafe(self->other->loop, hit, self->other);
		while (self->hits <= i) {
			if (aw_flag_wait(self->ready, LONG))
				return -EIO;
			aw_flag_clear(self->ready);
		}
	}
	pthread_barrier_wait(&both); /* neither loop is gone while the other may call it */
	return self->hits;
}

static void *play_in_thread(void *player)
{
	return (void *)(intptr_t)aw_run(play, player);
}

Test(loop, loops_in_two_threads_wake_each_other, .timeout = 30)
{
	struct player one = {.ready = aw_flag_new(NULL)}, two = {.ready = aw_flag_new(NULL)};
	pthread_t thread;
	void *result;

	one.other = &two;
	two.other = &one;
	pthread_barrier_init(&both, NULL, 2);
	pthread_create(&thread, NULL, play_in_thread, &two);
	cr_expect_eq(aw_run(play, &one), 500);
	pthread_join(thread, &result);
	cr_expect_eq((intptr_t)result, 500);
	aw_flag_free(one.ready);
	aw_flag_free(two.ready);
}

static int64_t block(void *ms)
{
	usleep((useconds_t)(intptr_t)ms * 1000);
	return gettid();
}

static int64_t work(void *arg)
{
	int64_t tid = 0;

	(void)arg;
	note("%d", aw_to_thread(block, (void *)1, LONG, &tid));
	note("%d", tid && tid != gettid());
	note("%d", aw_to_thread(block, (void *)1, 0, NULL));
	return 0;
}

Test(loop, work_runs_in_another_thread)
{
	aw_run(work, NULL);
	expect_journal("0 1 -110");
}

static int64_t work_late(void *arg)
{
	int64_t tid = 0;
	int err;

	(void)arg;
	err = aw_to_thread(block, (void *)1500, aw_after(MS(1000)), &tid);
	note("work:%d,%d", err, tid != 0);
	note("sleep:%d", aw_sleep(MS(1)));
	return 0;
}

static int64_t work_until_late(void *arg)
{
	(void)arg;
	finish(go(work_late, "a"));
	return 0;
}

Test(loop, work_that_has_begun_is_waited_for_after_its_deadline)
{
	aw_run(work_until_late, NULL);
	expect_journal("work:0,1 sleep:0 a=0");
}

static int64_t work_cancelled(void *arg)
{
	int64_t tid = 0;
	int err;

	(void)arg;
	err = aw_to_thread(block, (void *)1500, LONG, &tid);
	note("work:%d,%d", err, tid != 0);
	note("sleep:%d", aw_sleep(MS(1)));
	return 0;
}

static int64_t cancel_begun_work(void *arg)
{
	struct aw_task *task = go(work_cancelled, "a");

	(void)arg;
	aw_sleep(MS(1000));
	aw_cancel(task);
	finish(task);
	return 0;
}

Test(loop, a_cancel_during_work_that_has_begun_comes_at_the_next_suspension)
{
	aw_run(cancel_begun_work, NULL);
	expect_journal("work:0,1 sleep:-125 a=0");
}

static int64_t work_queued(void *arg)
{
	note("%s:%d", (char *)arg, aw_to_thread(block, (void *)300, aw_after(MS(100)), NULL));
	return 0;
}

static int64_t withdraw_work(void *arg)
{
	struct aw_task *tasks[5];

	(void)arg;
	setenv("UV_THREADPOOL_SIZE", "1", 1);
	for (int i = 0; i < 3; i++)
		tasks[i] = go(work_queued, i ? "queued" : "begun");
	for (int i = 0; i < 3; i++) {
		aw_wait(tasks[i], LONG);
		aw_task_free(tasks[i]);
	}
	return 0;
}

Test(loop, work_that_has_not_begun_is_withdrawn_at_its_deadline)
{
	aw_run(withdraw_work, NULL);
	expect_journal("queued:-110 queued:-110 begun:0");
}
