/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * future.c - a result that comes once, and those who wait for it.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "loop.h"
#include "object.h"

struct aw_future {
	struct object object;
	struct list waiters;
	int64_t result;
	bool done;
};

struct aw_future *aw_future_new(const char *name)
{
	struct aw_future *future = malloc(sizeof(*future));

	if (!future)
		return NULL;
	object_init(&future->object, name);
	list_init(&future->waiters);
	future->result = 0;
	future->done = false;
	return future;
}

void aw_future_free(struct aw_future *future)
{
	if (!future)
		return;
	assert(list_empty(&future->waiters) && "a future is freed while tasks wait for it");
	free(future);
}

static void finish(struct aw_future *future, int64_t result, uint64_t site)
{
	struct waiter *waiter;

	future->result = result;
	future->done = true;
	tell_object(AW_SIGNAL, AW_AWAIT_FUTURE, &future->object, site);
	while ((waiter = waiter_first(&future->waiters)))
		waiter_wake(waiter, AW_AWAIT_FUTURE, site);
}

int aw_future_set(struct aw_future *future, int64_t result)
{
	if (future->done)
		return -EALREADY;
	finish(future, result, CALLER);
	return 0;
}

bool future_cancel(struct aw_future *future, uint64_t site)
{
	if (future->done)
		return false;
	finish(future, -ECANCELED, site);
	return true;
}

bool aw_future_cancel(struct aw_future *future)
{
	return future_cancel(future, CALLER);
}

bool aw_future_done(const struct aw_future *future)
{
	return future->done;
}

/* `own`: a cancel of this task cancels the future, which then wakes us. */
static int wait_done(struct aw_future *future, int64_t deadline, uint64_t site, bool own)
{
	struct aw_task *task = aw__thread.task;
	struct waiter waiter;
	int err = waiter_check(deadline);

	if (!err)
		err = object_bind(&future->object.loop);
	if (err)
		return err;
	waiter_init(&waiter);
	list_append(&future->waiters, &waiter.link);
	task->future = own ? future : NULL;
	err = waiter_park(&waiter, AW_AWAIT_FUTURE, future->object.id, site, deadline);
	task->future = NULL;
	list_remove(&waiter.link);
	return err;
}

int aw_future_await(struct aw_future *future, int64_t deadline, int64_t *result)
{
	uint64_t site = CALLER;
	int err = 0;

	if (!future->done)
		err = wait_done(future, deadline, site, true);
	if (err == -ETIMEDOUT || err == -ECANCELED)
		future_cancel(future, site);
	if (err)
		return err;
	tell_object(AW_OBSERVE, AW_AWAIT_FUTURE, &future->object, site);
	if (result)
		*result = future->result;
	return future->result < 0 ? (int)future->result : 0;
}

int aw_future_wait(struct aw_future *future, int64_t deadline)
{
	uint64_t site = CALLER;
	int err = future->done ? 0 : wait_done(future, deadline, site, false);

	if (!err)
		tell_object(AW_OBSERVE, AW_AWAIT_FUTURE, &future->object, site);
	return err;
}
