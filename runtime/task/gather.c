/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gather.c - waiting for several tasks at once, as asyncio.gather does.
 */
#include <errno.h>
#include <stdlib.h>

#include "loop.h"
#include "object.h"

struct gather_node {
	struct waiter waiter; /* first */
	struct gather *gather;
	struct aw_task *task;
};

struct gather {
	struct waiter waiter; /* of the task that gathers */
	size_t pending;       /* tasks that have not ended */
	bool all;
	int error; /* of the first task that failed, 0: none */
	uint64_t id;
	uint64_t site;
	size_t count;
	struct gather_node nodes[];
};

static void task_ended_in(struct gather *gather, const struct aw_task *task)
{
	gather->pending--;
	if (task->result < 0 && !gather->error)
		gather->error = (int)task->result;
}

static bool complete(const struct gather *gather)
{
	return !gather->pending || (gather->error && !gather->all);
}

static void node_notify(struct waiter *waiter)
{
	struct gather_node *node = (struct gather_node *)waiter;
	struct gather *gather = node->gather;

	task_ended_in(gather, node->task);
	if (gather->waiter.task && complete(gather))
		waiter_wake(&gather->waiter, AW_AWAIT_GATHER, gather->site);
}

static int gather_new(struct aw_task *const *tasks, size_t count, struct gather **out)
{
	struct gather *gather;

	*out = NULL;
	for (size_t i = 0; i < count; i++) {
		if (!tasks[i])
			return -EINVAL;
		if (tasks[i] == aw__thread.task)
			return -EDEADLK;
		if (!task_ended(tasks[i]) && tasks[i]->loop != aw__thread.loop)
			return -EXDEV;
	}
	gather = calloc(1, sizeof(*gather) + count * sizeof(gather->nodes[0]));
	if (!gather)
		return -ENOMEM;
	gather->pending = gather->count = count;
	gather->id = object_id();
	for (size_t i = 0; i < count; i++) {
		struct gather_node *node = &gather->nodes[i];

		waiter_init(&node->waiter);
		node->gather = gather;
		node->task = tasks[i];
		node->waiter.notify = node_notify;
		node->waiter.task = aw__thread.task;
		task_ref(tasks[i]);
		if (task_ended(tasks[i]))
			task_ended_in(gather, tasks[i]);
		else
			list_append(&tasks[i]->waiters, &node->waiter.link);
	}
	*out = gather;
	return 0;
}

static void gather_free(struct gather *gather, int64_t *results)
{
	for (size_t i = 0; i < gather->count; i++) {
		struct gather_node *node = &gather->nodes[i];

		if (results)
			results[i] = node->task->result;
		if (task_ended(node->task))
			tell_task(AW_OBSERVE, AW_AWAIT_TASK, node->task, gather->site);
		list_remove(&node->waiter.link);
		task_unref(node->task);
	}
	free(gather);
}

/* Cancels what has not ended and waits for it, whatever happens. */
static void gather_cancel(struct gather *gather)
{
	gather->all = true;
	for (size_t i = 0; i < gather->count; i++)
		task_cancel(gather->nodes[i].task, gather->site);
	if (complete(gather))
		return;
	waiter_init(&gather->waiter);
	waiter_park_fixed(&gather->waiter, AW_AWAIT_GATHER, gather->id, gather->site);
}

static int gather_wait(struct gather *gather, int64_t deadline)
{
	int err = waiter_check(deadline);

	waiter_init(&gather->waiter);
	if (!err)
		err = waiter_park(&gather->waiter, AW_AWAIT_GATHER, gather->id, gather->site,
		                  deadline);
	if (err == -ETIMEDOUT || err == -ECANCELED)
		gather_cancel(gather);
	return err;
}

int aw_gather(struct aw_task *const *tasks, size_t count, unsigned int flags, int64_t deadline,
              int64_t *results)
{
	struct gather *gather;
	int err;

	err = gather_new(tasks, count, &gather);
	if (err)
		return err;
	gather->site = CALLER;
	gather->all = flags & AW_GATHER_ALL;
	if (!complete(gather))
		err = gather_wait(gather, deadline);
	if (!err && !gather->all)
		err = gather->error;
	gather_free(gather, results);
	return err;
}
