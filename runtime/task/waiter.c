/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * waiter.c - the one way in which tasks wait: park, wake, deadline, cancel.
 *
 * After asyncio's Task (Lib/asyncio/tasks.py): a waiter plays the part of the
 * future a coroutine waits for. It is settled once; from then until the task
 * runs a cancel cannot undo it, but makes the wait return -ECANCELED (must_cancel).
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "loop.h"
#include "object.h"

int64_t aw_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * AW_NS_PER_S + now.tv_nsec;
}

int64_t aw_after(int64_t ns)
{
	int64_t deadline;

	return __builtin_add_overflow(aw_now(), ns, &deadline) ? AW_FOREVER : deadline;
}

int waiter_check(int64_t deadline)
{
	struct aw_task *task = aw__thread.task;

	if (!task)
		return -EPERM;
	if (deadline == AW_FOREVER || task->must_cancel)
		return 0;
	return deadline <= aw_now() ? -ETIMEDOUT : 0;
}

static void task_ready(struct aw_task *task)
{
	task->inspect.state = AW_STATE_READY;
	loop_queue(task->loop, &task->ready);
}

static bool waiter_settle(struct waiter *waiter, enum waiter_state state, enum aw_await cause,
                          uint64_t site)
{
	if (waiter->state != WAITER_WAITING)
		return false;
	waiter->state = (uint8_t)state;
	if (waiter->notify) {
		waiter->notify(waiter);
	} else {
		tell_task(AW_WAKE, cause, waiter->task, site);
		task_ready(waiter->task);
	}
	return true;
}

bool waiter_wake(struct waiter *waiter, enum aw_await cause, uint64_t site)
{
	return waiter_settle(waiter, WAITER_WOKEN, cause, site);
}

bool waiter_cancel(struct waiter *waiter, uint64_t site)
{
	if (waiter->fixed)
		return false;
	return waiter_settle(waiter, WAITER_CANCELED, AW_AWAIT_CANCEL, site);
}

bool waiter_ahead(const struct list *list)
{
	for (struct list *link = list->next; link != list; link = link->next) {
		struct waiter *waiter = list_entry(link, struct waiter, link);

		if (waiter->state == WAITER_WAITING || waiter->state == WAITER_WOKEN)
			return true;
	}
	return false;
}

struct waiter *waiter_first(struct list *list)
{
	for (struct list *link = list->next; link != list; link = link->next) {
		struct waiter *waiter = list_entry(link, struct waiter, link);

		if (waiter->state == WAITER_WAITING)
			return waiter;
	}
	return NULL;
}

/* A task that has a cancel to be delivered suspends as for any wait, with the wait cancelled. */
static void deliver_cancel(struct waiter *waiter, struct aw_task *task)
{
	task->must_cancel = false;
	waiter->state = WAITER_CANCELED;
	task_ready(task);
}

static const int waiter_result[] = {
	[WAITER_WOKEN] = 0,
	[WAITER_CANCELED] = -ECANCELED,
	[WAITER_TIMED_OUT] = -ETIMEDOUT,
};

int waiter_park(struct waiter *waiter, enum aw_await await, uint64_t object, uint64_t site,
                int64_t deadline)
{
	struct aw_task *task = aw__thread.task;
	struct loop_timer *timer = NULL;
	unsigned int arg = await;

	waiter->task = task;
	if (task->must_cancel) {
		deliver_cancel(waiter, task);
	} else if (deadline != AW_FOREVER) {
		timer = loop_timer_start(task->loop, waiter, deadline);
		if (!timer)
			return -ENOMEM;
		arg |= AW_ARG_DEADLINE;
	}
	task->waiter = waiter;
	task_suspend(task, arg, object, site);
	task->waiter = NULL;
	if (timer)
		loop_timer_stop(task->loop, timer);
	if (task->must_cancel) {
		task->must_cancel = false;
		return -ECANCELED;
	}
	return waiter_result[waiter->state];
}

void waiter_park_fixed(struct waiter *waiter, enum aw_await await, uint64_t object, uint64_t site)
{
	struct aw_task *task = aw__thread.task;

	waiter->task = task;
	waiter->fixed = true;
	task->waiter = waiter;
	task_suspend(task, await, object, site);
	task->waiter = NULL;
}

int aw_sleep_until(int64_t deadline)
{
	uint64_t site = CALLER;
	struct waiter waiter;
	int err;

	if (deadline != AW_FOREVER && deadline <= aw_now())
		return aw_yield();
	err = waiter_check(AW_FOREVER);
	if (err)
		return err;
	waiter_init(&waiter);
	err = waiter_park(&waiter, AW_AWAIT_SLEEP, 0, site, deadline);
	return err == -ETIMEDOUT ? 0 : err;
}

int aw_sleep(int64_t ns)
{
	return ns > 0 ? aw_sleep_until(aw_after(ns)) : aw_yield();
}

int aw_yield(void)
{
	struct aw_task *task = aw__thread.task;

	if (!task)
		return -EPERM;
	task_ready(task);
	task_suspend(task, AW_AWAIT_NONE, 0, CALLER);
	if (!task->must_cancel)
		return 0;
	task->must_cancel = false;
	return -ECANCELED;
}

/* Timers: libuv's, kept for the next wait when stopped (closing one takes a turn of the loop). */
struct loop_timer {
	uv_timer_t uv;
	struct waiter *waiter;
	struct loop_timer *next;
};

static void timer_fired(uv_timer_t *uv)
{
	struct loop_timer *timer = uv->data;
	struct waiter *waiter = timer->waiter;
	bool sleeping = waiter->task->inspect.await == AW_AWAIT_SLEEP;

	waiter_settle(waiter, WAITER_TIMED_OUT, sleeping ? AW_AWAIT_SLEEP : AW_AWAIT_TIMEOUT, 0);
	/* libuv runs timers before it polls: with a task ready the poll must not block. */
	uv_stop(uv->loop);
}

static struct loop_timer *timer_new(struct aw_loop *loop)
{
	struct loop_timer *timer = malloc(sizeof(*timer));

	if (!timer)
		return NULL;
	uv_timer_init(&loop->uv, &timer->uv);
	timer->uv.data = timer;
	return timer;
}

struct loop_timer *loop_timer_start(struct aw_loop *loop, struct waiter *waiter, int64_t deadline)
{
	struct loop_timer *timer = loop->timers;
	int64_t now = (int64_t)uv_now(&loop->uv);
	int64_t due = deadline / AW_NS_PER_MS + (deadline % AW_NS_PER_MS > 0);

	if (timer)
		loop->timers = timer->next;
	else
		timer = timer_new(loop);
	if (!timer)
		return NULL;
	timer->waiter = waiter;
	/* uv_now may be behind; as the timeout counts from it, the end is right nevertheless. */
	uv_timer_start(&timer->uv, timer_fired, due > now ? (uint64_t)(due - now) : 0, 0);
	return timer;
}

void loop_timer_stop(struct aw_loop *loop, struct loop_timer *timer)
{
	uv_timer_stop(&timer->uv);
	timer->next = loop->timers;
	loop->timers = timer;
}

static void timer_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void loop_timers_free(struct aw_loop *loop)
{
	while (loop->timers) {
		struct loop_timer *timer = loop->timers;

		loop->timers = timer->next;
		uv_close((uv_handle_t *)&timer->uv, timer_closed);
	}
}
