/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * await.c - waiting for the end of tasks, and cancelling them.
 */
#include <assert.h>
#include <errno.h>

#include "loop.h"

/* Parked on a task that has not ended: a cancel is for that one. */
static bool passes_cancel(const struct aw_task *task)
{
	return task->awaiting && task->waiter && task->waiter->state == WAITER_WAITING &&
	       !task_ended(task->awaiting);
}

bool task_cancel(struct aw_task *task, uint64_t site)
{
	uint32_t most;

	if (!task || task_ended(task))
		return false;
	assert(task->loop == aw__thread.loop && "a task is cancelled from another thread");
	tell_task(AW_CANCEL, 0, task, site);
	/* Tasks that await each other in a circle would never end: stop after one round. */
	for (most = task->loop->inspect.count; most && passes_cancel(task); most--) {
		task = task->awaiting;
		tell_task(AW_CANCEL, 0, task, site);
	}
	if (task->future && task->waiter && future_cancel(task->future, site))
		return true;
	if (!task->waiter || !waiter_cancel(task->waiter, site))
		task->must_cancel = true;
	return true;
}

bool aw_cancel(struct aw_task *task)
{
	return task_cancel(task, CALLER);
}

static int check(struct aw_task *task)
{
	if (!task)
		return -EINVAL;
	if (task_ended(task))
		return 0;
	if (!aw__thread.task)
		return -EPERM;
	if (task == aw__thread.task)
		return -EDEADLK;
	return task->loop == aw__thread.loop ? 0 : -EXDEV;
}

/* Parks until the task has ended; the caller has a reference to it. */
static int wait_end(struct aw_task *task, uint64_t site, int64_t deadline, bool pass_cancel)
{
	struct aw_task *self = aw__thread.task;
	struct waiter waiter;
	int err;

	waiter_init(&waiter);
	list_append(&task->waiters, &waiter.link);
	self->awaiting = pass_cancel ? task : NULL;
	err = waiter_park(&waiter, AW_AWAIT_TASK, task->inspect.id, site, deadline);
	self->awaiting = NULL;
	list_remove(&waiter.link);
	return err;
}

static int await_end(struct aw_task *task, uint64_t site, int64_t deadline)
{
	struct aw_task *self = aw__thread.task;
	int err;

	if (self->must_cancel) {
		self->must_cancel = false;
		task_cancel(task, site);
	}
	err = waiter_check(deadline);
	if (!err)
		err = wait_end(task, site, deadline, true);
	if (err != -ETIMEDOUT || task_ended(task))
		return err == -ETIMEDOUT ? 0 : err;
	task_cancel(task, site);
	err = wait_end(task, site, AW_FOREVER, true);
	if (err)
		return err;
	return task->result == -ECANCELED ? -ETIMEDOUT : 0;
}

/* Takes the result of a task that has ended. */
static int observe(struct aw_task *task, uint64_t site, int64_t *result)
{
	tell_task(AW_OBSERVE, AW_AWAIT_TASK, task, site);
	if (result)
		*result = task->result;
	return task->result < 0 ? (int)task->result : 0;
}

int aw_await(struct aw_task *task, int64_t deadline, int64_t *result)
{
	uint64_t site = CALLER;
	int err = check(task);

	if (err)
		return err;
	task_ref(task);
	if (!task_ended(task))
		err = await_end(task, site, deadline);
	if (!err)
		err = observe(task, site, result);
	task_unref(task);
	return err;
}

int aw_wait(struct aw_task *task, int64_t deadline)
{
	uint64_t site = CALLER;
	int err = check(task);

	if (err)
		return err;
	task_ref(task);
	if (!task_ended(task)) {
		err = waiter_check(deadline);
		if (!err)
			err = wait_end(task, site, deadline, false);
	}
	if (!err)
		tell_task(AW_OBSERVE, AW_AWAIT_TASK, task, site);
	task_unref(task);
	return err;
}
