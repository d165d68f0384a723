/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_inspection.c - see cpython_inspection.h: the events of a snapshot as records.
 */
#include "cpython_inspection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "inspection_graph.h"

struct take {
	struct inspection *out;
	struct names *names;
	size_t task_room, lock_room;
};

/* Room for one more record in an array of `count` records; NULL: out of memory. */
static void *array_grow(void *array, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return array;
	*room = *room ? 2 * *room : 64;
	return reallocarray(array, *room, size);
}

static struct inspect_lock *lock_find(struct inspection *in, uint64_t id)
{
	/* the last told of comes first: a snapshot tells a task with all of it at once */
	for (size_t i = in->lock_count; i-- > 0;)
		if (in->locks[i].record.id == id)
			return &in->locks[i];
	return NULL;
}

static int task_suspended(struct take *take, const struct aw_event *event)
{
	struct inspection *in = take->out;
	struct inspect_task *tasks =
		array_grow(in->tasks, in->task_count, &take->task_room, sizeof(*tasks));

	if (!tasks)
		return -ENOMEM;
	in->tasks = tasks;
	tasks[in->task_count++] = (struct inspect_task){
		.record = {.id = event->task,
	                   .object = event->object,
	                   .site = event->site,
	                   .state = AW_STATE_SUSPENDED,
	                   .await = event->arg & AW_ARG_VALUE,
	                   .deadline = (event->arg & AW_ARG_DEADLINE) != 0},
		.lock = -1,
		.waits = -1,
	};
	return 0;
}

static int lock_new(struct take *take, const struct aw_event *event)
{
	struct inspection *in = take->out;
	struct inspect_lock *locks =
		array_grow(in->locks, in->lock_count, &take->lock_room, sizeof(*locks));

	if (!locks)
		return -ENOMEM;
	in->locks = locks;
	locks[in->lock_count++] = (struct inspect_lock){
		.record = {.id = event->object,
	                   .created = event->site,
	                   .permits = event->arg >> 8 & AW_LOCK_PERMITS_MAX,
	                   .type = event->arg & AW_ARG_VALUE},
		.holder = -1,
	};
	return 0;
}

static int take_event(struct take *take, const struct aw_event *event)
{
	struct inspect_lock *lock;

	switch (event->kind) {
	case AW_SUSPEND:
		return task_suspended(take, event);
	case AW_LOCK_NEW:
		return lock_new(take, event);
	case AW_LOCK_TAKEN:
		lock = lock_find(take->out, event->object);
		if (lock)
			lock->record.holder = event->task;
		return 0;
	case AW_LOCK_WAIT:
		lock = lock_find(take->out, event->object);
		if (lock)
			lock->record.waiters++;
		return 0;
	default:
		return 0;
	}
}

/* A stream_fn. */
static int take_batch(void *context, const struct stream_batch *batch)
{
	struct take *take = context;
	int error = names_feed(take->names, batch);

	for (size_t i = 0; i < batch->count && !error; i++)
		error = take_event(take, &batch->events[i]);
	return error;
}

static void name_copy(const struct take *take, uint32_t pid, uint64_t id, char *out)
{
	const char *name = names_object(take->names, pid, id);

	snprintf(out, AW_INSPECT_NAME, "%s", name ? name : "");
}

static int picture_finish(struct take *take, uint32_t pid)
{
	struct inspection *in = take->out;

	for (size_t i = 0; i < in->task_count; i++)
		name_copy(take, pid, in->tasks[i].record.id, in->tasks[i].record.name);
	for (size_t i = 0; i < in->lock_count; i++)
		name_copy(take, pid, in->locks[i].record.id, in->locks[i].record.name);
	in->loops = calloc(1, sizeof(*in->loops));
	if (!in->loops)
		return -ENOMEM;
	in->loop_count = 1;
	in->loops[0].count = (uint32_t)in->task_count;
	return inspection_link(in);
}

int cpython_inspection_take(const struct target *target, struct inspection **out,
                            struct names **names, struct cpython_picture *picture,
                            struct fault *fault)
{
	struct take take = {.out = calloc(1, sizeof(*take.out))};
	uint32_t pid = (uint32_t)target->pid;
	struct timespec now;
	int error = take.out ? names_new(&take.names) : -ENOMEM;

	*out = NULL;
	*names = NULL;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!error) {
		take.out->time = now.tv_sec * 1000000000ull + now.tv_nsec;
		error = cpython_snapshot_deliver(target->pid, take_batch, &take, picture, fault);
	}
	if (!error && picture->misfits * 4 > picture->frames)
		error = fault_set(fault, -ENOTSUP,
		                  "the layout of this CPython is not the known one: %u of %u "
		                  "suspended frames do not stand at a yield",
		                  (unsigned)picture->misfits, (unsigned)picture->frames);
	if (!error)
		error = picture_finish(&take, pid);
	if (error) {
		inspection_free(take.out);
		names_free(take.names);
		return error;
	}
	take.out->dropped = picture->changed;
	*out = take.out;
	*names = take.names;
	return 0;
}
