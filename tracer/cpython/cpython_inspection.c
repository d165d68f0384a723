/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_inspection.c - see cpython_inspection.h: the events of a snapshot as records.
 */
#include "cpython_inspection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dump/inspection_graph.h"
#include "base/clock_now.h"

struct take {
	struct inspection *out;
	struct names *names;
	size_t task_room, lock_room, hold_room;
	size_t *places; /* of a lock with an id: its index + 1 */
	size_t place_room;
};

enum { IDS_MAX = 1 << 26 };

/* Room for one more record in an array of `count` records; NULL: out of memory. */
static void *array_grow(void *array, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return array;
	*room = *room ? 2 * *room : 64;
	return reallocarray(array, *room, size);
}

/* Ids are given one after the other, to tasks and locks: where each lock is, by its id. */
static int lock_note(struct take *take, uint64_t id, size_t index)
{
	size_t room = take->place_room ? take->place_room : 256;
	size_t *places;

	while (room <= id && room < IDS_MAX)
		room *= 2;
	if (room <= id)
		return -EPROTO;
	if (room > take->place_room) {
		places = reallocarray(take->places, room, sizeof(*places));
		if (!places)
			return -ENOMEM;
		memset(places + take->place_room, 0, (room - take->place_room) * sizeof(*places));
		take->places = places;
		take->place_room = room;
	}
	take->places[id] = index + 1;
	return 0;
}

static struct inspect_lock *lock_find(struct take *take, uint64_t id)
{
	return id < take->place_room && take->places[id] ? &take->out->locks[take->places[id] - 1]
	                                                 : NULL;
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
	return lock_note(take, event->object, in->lock_count - 1);
}

static int lock_held(struct take *take, struct inspect_lock *lock, uint32_t task)
{
	struct inspection *in = take->out;
	struct inspect_hold *holds =
		array_grow(in->holds, in->hold_count, &take->hold_room, sizeof(*holds));

	if (!holds)
		return -ENOMEM;
	in->holds = holds;
	holds[in->hold_count++] =
		(struct inspect_hold){.id = task, .lock = (size_t)(lock - in->locks)};
	lock->record.holder = task;
	lock->holders++;
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
		lock = lock_find(take, event->object);
		return lock ? lock_held(take, lock, event->task) : 0;
	case AW_LOCK_WAIT:
		lock = lock_find(take, event->object);
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

/* What the memory of the locks says. It is the truth about whether they are held; by whom, the
 * chains of the tasks have told as far as they show it. */
static int locks_look(struct take *take, const struct cpython_picture *picture)
{
	for (size_t i = 0; i < picture->lock_count; i++) {
		const struct cpython_lock_look *look = &picture->locks[i];
		struct inspect_lock *lock = lock_find(take, look->id);

		if (!lock)
			continue;
		lock->held = look->held == CPYTHON_LOCK_IS_HELD   ? INSPECT_HELD
		             : look->held == CPYTHON_LOCK_IS_FREE ? INSPECT_FREE
		                                                  : INSPECT_UNKNOWN;
		lock->handed = look->handed;
		lock->thread = look->thread;
		lock->record.permits = look->permits;
		memcpy(lock->word, look->word, sizeof(lock->word));
		lock->shared = look->counts && look->limit != lock->holders;
		if (!lock->record.holder && picture->owners[i] &&
		    lock_held(take, lock, picture->owners[i]))
			return -ENOMEM;
	}
	return 0;
}

static int picture_finish(struct take *take, uint32_t pid, const struct cpython_picture *picture)
{
	struct inspection *in = take->out;
	int error = locks_look(take, picture);

	if (error)
		return error;

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
	int error = take.out ? names_new(&take.names) : -ENOMEM;

	*out = NULL;
	*names = NULL;
	if (!error) {
		take.out->time = clock_now();
		error = cpython_snapshot_deliver(target->pid, take_batch, &take, picture, fault);
	}
	if (!error && picture->misfits * 4 > picture->frames)
		error = fault_set(fault, -ENOTSUP,
		                  "the layout of this CPython is not the known one: %u of %u "
		                  "suspended frames do not stand at a yield",
		                  (unsigned)picture->misfits, (unsigned)picture->frames);
	if (!error)
		error = picture_finish(&take, pid, picture);
	free(take.places);
	if (error) {
		cpython_picture_fini(picture);
		inspection_free(take.out);
		names_free(take.names);
		return error;
	}
	take.out->dropped = picture->left.changed;
	take.out->ran = picture->left.ran;
	take.out->moved = picture->left.moved;
	*out = take.out;
	*names = take.names;
	return 0;
}
