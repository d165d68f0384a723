/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * condition.c - Condition, after asyncio.Condition; but a notify whose waiter is
 * cancelled before it runs goes to the next one (as in Python 3.13), and the lock is
 * taken again without leaving the queue for a cancel.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "lock.h"
#include "task/task_internal.h"

struct aw_condition {
	struct object object;
	struct aw_lock *lock;
	bool own; /* `lock` was made for it */
	struct list waiters;
};

struct aw_condition *aw_condition_new(struct aw_lock *lock, const char *name)
{
	struct aw_condition *condition = malloc(sizeof(*condition));
	uint64_t site = CALLER;

	if (!condition)
		return NULL;
	condition->own = !lock;
	condition->lock = lock ? lock : lock_new(AW_LOCK_TYPE_CONDITION, name, site);
	if (!condition->lock) {
		free(condition);
		return NULL;
	}
	object_init(&condition->object, name);
	list_init(&condition->waiters);
	condition->lock->base.of_condition = true;
	tell_lock(AW_LOCK_CONDITION, 0, &condition->lock->base, site);
	return condition;
}

void aw_condition_free(struct aw_condition *condition)
{
	if (!condition)
		return;
	assert(list_empty(&condition->waiters) && "a condition is freed while tasks wait for it");
	if (condition->own)
		aw_lock_free(condition->lock);
	free(condition);
}

struct aw_lock *aw_condition_lock(const struct aw_condition *condition)
{
	return condition->lock;
}

static void notify(struct aw_condition *condition, size_t count, uint64_t site)
{
	struct waiter *waiter;

	tell_object(AW_SIGNAL, AW_AWAIT_CONDITION, &condition->object, site);
	while (count-- && (waiter = waiter_first(&condition->waiters)))
		waiter_wake(waiter, AW_AWAIT_CONDITION, site);
}

int aw_condition_notify(struct aw_condition *condition, size_t count)
{
	if (!condition->lock->locked)
		return -EPERM;
	notify(condition, count, CALLER);
	return 0;
}

int aw_condition_notify_all(struct aw_condition *condition)
{
	if (!condition->lock->locked)
		return -EPERM;
	notify(condition, SIZE_MAX, CALLER);
	return 0;
}

int aw_condition_wait(struct aw_condition *condition, int64_t deadline)
{
	uint64_t site = CALLER;
	struct waiter waiter;
	int err;

	if (!condition->lock->locked)
		return -EPERM;
	err = waiter_check(deadline);
	if (!err)
		err = object_bind(&condition->object.loop);
	if (err)
		return err;
	waiter_init(&waiter);
	list_append(&condition->waiters, &waiter.link);
	lock_release(condition->lock, site);
	err = waiter_park(&waiter, AW_AWAIT_CONDITION, condition->object.id, site, deadline);
	list_remove(&waiter.link);
	if (!err)
		tell_object(AW_OBSERVE, AW_AWAIT_CONDITION, &condition->object, site);
	lock_acquire_fixed(condition->lock, site);
	if (aw__thread.task->must_cancel) {
		aw__thread.task->must_cancel = false;
		err = -ECANCELED;
	}
	if (err && waiter.state == WAITER_WOKEN)
		notify(condition, 1, site);
	return err;
}
