/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * queue.c - a queue of pointers, after asyncio.Queue: a put wakes the getter that
 * has waited longest, which finds the item there, or waits again if another
 * was faster.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include <awaitness/sync.h>

#include "task/object.h"
#include "task/task_internal.h"

struct aw_queue {
	struct object object;
	struct list getters;
	struct list putters;
	void **items; /* a ring of `room` */
	size_t room;
	size_t first;
	size_t count;
	size_t capacity; /* 0: no bound */
};

struct aw_queue *aw_queue_new(size_t capacity, const char *name)
{
	struct aw_queue *queue = calloc(1, sizeof(*queue));

	if (!queue)
		return NULL;
	object_init(&queue->object, name);
	list_init(&queue->getters);
	list_init(&queue->putters);
	queue->capacity = capacity;
	return queue;
}

void aw_queue_free(struct aw_queue *queue)
{
	if (!queue)
		return;
	assert(list_empty(&queue->getters) && list_empty(&queue->putters) &&
	       "a queue is freed while tasks wait for it");
	free(queue->items);
	free(queue);
}

size_t aw_queue_count(const struct aw_queue *queue)
{
	return queue->count;
}

static bool is_full(const struct aw_queue *queue)
{
	return queue->capacity && queue->count >= queue->capacity;
}

static int grow(struct aw_queue *queue)
{
	size_t room = queue->room ? queue->room * 2 : 16;
	void **items = malloc(room * sizeof(*items));

	if (!items)
		return -ENOMEM;
	for (size_t i = 0; i < queue->count; i++)
		items[i] = queue->items[(queue->first + i) % queue->room];
	free(queue->items);
	queue->items = items;
	queue->room = room;
	queue->first = 0;
	return 0;
}

static void wake_next(struct list *list, uint64_t site)
{
	struct waiter *waiter = waiter_first(list);

	if (waiter)
		waiter_wake(waiter, AW_AWAIT_QUEUE, site);
}

static int put_now(struct aw_queue *queue, void *item, uint64_t site)
{
	if (queue->count == queue->room && grow(queue))
		return -ENOMEM;
	tell_object(AW_SIGNAL, AW_AWAIT_QUEUE, &queue->object, site);
	queue->items[(queue->first + queue->count++) % queue->room] = item;
	wake_next(&queue->getters, site);
	return 0;
}

static void get_now(struct aw_queue *queue, void **item, uint64_t site)
{
	*item = queue->items[queue->first];
	queue->first = (queue->first + 1) % queue->room;
	queue->count--;
	tell_object(AW_OBSERVE, AW_AWAIT_QUEUE, &queue->object, site);
	wake_next(&queue->putters, site);
}

static int wait_turn(struct aw_queue *queue, struct list *list, int64_t deadline, uint64_t site)
{
	struct waiter waiter;
	int err = waiter_check(deadline);

	if (!err)
		err = object_bind(&queue->object.loop);
	if (err)
		return err;
	waiter_init(&waiter);
	list_append(list, &waiter.link);
	err = waiter_park(&waiter, AW_AWAIT_QUEUE, queue->object.id, site, deadline);
	list_remove(&waiter.link);
	/* Woken, but cancelled before it ran: the wake-up is for the next. */
	if (err && waiter.state == WAITER_WOKEN &&
	    (list == &queue->getters ? queue->count > 0 : !is_full(queue)))
		wake_next(list, site);
	return err;
}

int aw_queue_put(struct aw_queue *queue, void *item, int64_t deadline)
{
	uint64_t site = CALLER;

	while (is_full(queue)) {
		int err = wait_turn(queue, &queue->putters, deadline, site);

		if (err)
			return err;
	}
	return put_now(queue, item, site);
}

int aw_queue_get(struct aw_queue *queue, void **item, int64_t deadline)
{
	uint64_t site = CALLER;

	while (!queue->count) {
		int err = wait_turn(queue, &queue->getters, deadline, site);

		if (err)
			return err;
	}
	get_now(queue, item, site);
	return 0;
}

int aw_queue_try_put(struct aw_queue *queue, void *item)
{
	return is_full(queue) ? -EAGAIN : put_now(queue, item, CALLER);
}

int aw_queue_try_get(struct aw_queue *queue, void **item)
{
	if (!queue->count)
		return -EAGAIN;
	get_now(queue, item, CALLER);
	return 0;
}
