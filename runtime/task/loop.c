/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loop.c - the loop's own flow: run what is ready, poll libuv, end in order.
 */
#include "loop.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "object.h"
#include "root.h"

enum {
	POLL_EVERY_NS = 100 * 1000,
	BURST_MOST = 128 /* a clock read is shared by so many switches */
};

struct aw_loop *aw_loop_current(void)
{
	return aw__thread.loop;
}

int loop_init(struct aw_loop *loop, size_t stack_bytes)
{
	int err;

	memset(loop, 0, sizeof(*loop));
	err = uv_loop_init(&loop->uv);
	if (err)
		return err;
	err = uv_mutex_init(&loop->mutex);
	if (err)
		goto close_loop;
	err = uv_async_init(&loop->uv, &loop->wakeup, callback_collect);
	if (err)
		goto free_mutex;
	loop->wakeup.data = loop;
	loop->ready_end = &loop->ready_first;
	loop->calls_end = &loop->calls_first;
	loop->burst = 1;
	stack_pool_init(&loop->stacks, stack_bytes, sizeof(struct aw_task));
	loop->inspect.self = (uint64_t)(uintptr_t)loop;
	loop->id = object_id();
	loop->inspect.tid = (uint32_t)syscall(SYS_gettid);
	root_add_loop(loop);
	return 0;
free_mutex:
	uv_mutex_destroy(&loop->mutex);
close_loop:
	uv_loop_close(&loop->uv);
	return err;
}

static void run_ready(struct aw_loop *loop)
{
	while (loop->ready_first && loop->budget > 0) {
		struct ready *ready = loop_unqueue(loop);

		if (!ready->is_task) {
			callback_run(ready);
			continue;
		}
		fiber_switch(&loop->fiber, &list_entry(ready, struct aw_task, ready)->fiber);
	}
}

static void poll_blocking(struct aw_loop *loop)
{
	int64_t before;

	log_before_sleep();
	if (!log_on()) {
		uv_run(&loop->uv, UV_RUN_ONCE);
		return;
	}
	before = aw_now();
	uv_run(&loop->uv, UV_RUN_ONCE);
	log_after_sleep(aw_now() - before);
}

/*
 * Something is ready still: polls when it is time to, and sets the budget so
 * that it takes about as long as the time between two polls.
 */
static void poll_between(struct aw_loop *loop)
{
	int64_t now = aw_now(), elapsed = now - loop->polled;

	if (elapsed < POLL_EVERY_NS) {
		loop->burst = loop->burst * 2 < BURST_MOST ? loop->burst * 2 : BURST_MOST;
		return;
	}
	loop->burst = (int32_t)(loop->burst * (int64_t)POLL_EVERY_NS / elapsed);
	if (loop->burst < 1)
		loop->burst = 1;
	log_poll();
	uv_run(&loop->uv, UV_RUN_NOWAIT);
	loop->polled = now;
}

/* Polls, blocking when nothing is ready. */
static void poll_events(struct aw_loop *loop)
{
	if (loop->ready_first) {
		poll_between(loop);
		return;
	}
	log_poll();
	poll_blocking(loop);
	loop->polled = aw_now();
}

static void cancel_all(struct aw_loop *loop)
{
	uint64_t at = loop->inspect.tasks;

	while (at) {
		struct aw_task *task = (struct aw_task *)(uintptr_t)at;

		at = task->inspect.next;
		aw_cancel(task);
	}
}

/* Runs until `task` (NULL: every task) has ended. */
static void run_until(struct aw_loop *loop, const struct aw_task *task)
{
	for (;;) {
		loop->budget = loop->burst;
		run_ready(loop);
		if (task ? task_ended(task) : !loop->inspect.count)
			return;
		poll_events(loop);
	}
}

void loop_run(struct aw_loop *loop, struct aw_task *main_task)
{
	run_until(loop, main_task);
	cancel_all(loop);
	run_until(loop, NULL);
}

static void handle_close(uv_handle_t *handle, void *unused)
{
	(void)unused;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

/* Handles of ended tasks, which may be held by a handle of the program still. */
static void forget_tasks(struct aw_loop *loop)
{
	uint64_t at = loop->inspect.tasks;

	while (at) {
		struct aw_task *task = (struct aw_task *)(uintptr_t)at;

		at = task->inspect.next;
		task->link = NULL;
		task->inspect.next = 0;
	}
	loop->inspect.tasks = 0;
}

void loop_fini(struct aw_loop *loop)
{
	int err;

	root_remove_loop(loop);
	forget_tasks(loop);
	loop_timers_free(loop);
	uv_close((uv_handle_t *)&loop->wakeup, NULL);
	uv_walk(&loop->uv, handle_close, NULL);
	uv_run(&loop->uv, UV_RUN_DEFAULT);
	callback_drop(loop);
	err = uv_loop_close(&loop->uv);
	assert(!err);
	(void)err;
	uv_mutex_destroy(&loop->mutex);
	stack_pool_fini(&loop->stacks);
}

static int64_t run(aw_task_fn fn, void *arg, const struct aw_run_options *options, uint64_t site)
{
	const char *name = options && options->name ? options->name : "main";
	struct aw_loop *loop;
	struct aw_task *task;
	int64_t result;

	if (aw__thread.loop)
		return -EBUSY;
	loop = malloc(sizeof(*loop));
	if (!loop)
		return -ENOMEM;
	result = loop_init(loop, options ? options->stack_bytes : 0);
	if (result) {
		free(loop);
		return result;
	}
	aw__thread.loop = loop;
	result = -ENOMEM;
	task = task_new(loop, fn, arg, name, site);
	if (task) {
		task_ref(task);
		loop_queue(loop, &task->ready);
		loop_run(loop, task);
		result = task->result;
		task_unref(task);
	}
	loop_fini(loop);
	log_before_sleep();
	aw__thread.loop = NULL;
	free(loop);
	return result;
}

int64_t aw_run(aw_task_fn fn, void *arg)
{
	return run(fn, arg, NULL, CALLER);
}

int64_t aw_run_with(aw_task_fn fn, void *arg, const struct aw_run_options *options)
{
	return run(fn, arg, options, CALLER);
}
