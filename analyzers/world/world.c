/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world.c - threads and actors, and which event goes where.
 *
 * Who runs is what the record's `task` says. RESUME and SUSPEND move it, but a
 * source that does not see the end of steps, or a loss, cannot bring the model
 * out of step for longer than one event.
 */
#include "world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "world_locks.h"
#include "world_loss.h"
#include "world_parts.h"

int world_init(struct world *world, const struct names *names, const struct world_hooks *hooks)
{
	memset(world, 0, sizeof(*world));
	world->names = names;
	world->hooks = *hooks;
	/* A trace that does not say what its source can see is of a source that sees all. */
	world->can = AW_CAN_ACCESSES | AW_CAN_ACQUIRES | AW_CAN_RELEASES | AW_CAN_AWAITS |
	             AW_CAN_STEP_ENDS | AW_CAN_WAKES;
	world->runtime = AW_RUNTIME_C;
	slab_init(&world->actors, sizeof(struct actor));
	slab_init(&world->locks, sizeof(struct lock));
	slab_init(&world->sections, sizeof(struct section));
	world->identity_room = 64;
	world->identities = calloc(world->identity_room, sizeof(*world->identities));
	if (!world->identities)
		return -ENOMEM;
	return signals_init(&world->signals);
}

void world_fini(struct world *world)
{
	for (uint32_t i = 0; world->identities && i < world->identity_count; i++) {
		free(world->identities[i].name);
		bit_set_fini(&world->identities[i].threads);
	}
	free(world->identities);
	/* world_actor_drop empties both, so this does no harm to what is free already. */
	for (uint32_t i = 0; i < world->actors.made; i++) {
		struct actor *actor = slab_at(&world->actors, i);

		idmap_fini(&actor->used_more);
		free(actor->held);
	}
	for (uint32_t i = 0; i < world->thread_count; i++) {
		free(world->threads[i]->departed->held);
		free(world->threads[i]->departed);
		free(world->threads[i]);
	}
	free(world->threads);
	free(world->orphans);
	signals_fini(&world->signals);
	slab_fini(&world->actors);
	slab_fini(&world->locks);
	slab_fini(&world->sections);
	idmap_fini(&world->actor_by_id);
	idmap_fini(&world->lock_by_id);
	idmap_fini(&world->lock_by_uid);
	idmap_fini(&world->identity_by_key);
	idmap_fini(&world->names_of_site);
	idmap_fini(&world->thread_by_tid);
	idmap_fini(&world->left_out);
}

/* ---- actors and threads ---- */

struct actor *world_actor_make(struct world *world, uint64_t id, uint32_t thread)
{
	uint32_t index = slab_take(&world->actors);
	struct actor *actor;

	if (index == SLAB_NONE || idmap_add(&world->actor_by_id, id, index)) {
		world->error = -ENOMEM;
		return NULL;
	}
	actor = slab_at(&world->actors, index);
	actor->id = id;
	actor->tag = clock_tag(id);
	actor->index = index;
	actor->thread = thread;
	actor->first = world->order;
	actor->entries = SLAB_NONE;
	actor->plain = id >= WORLD_PLAIN;
	actor->unsure = true; /* until its creation is seen */
	actor->named_only = true;
	if (!world->near_task[world_task_place(id)])
		world->near_task[world_task_place(id)] = actor;
	world_loss_actor(world, actor);
	return actor;
}

struct actor *world_task_find(const struct world *world, uint64_t id)
{
	uint32_t index = idmap_get(&world->actor_by_id, id);

	return index == IDMAP_NONE ? NULL : slab_at(&world->actors, index);
}

void world_actor_count(struct world *world, struct actor *actor)
{
	world->tasks += !actor->counted;
	actor->counted = true;
}

struct actor *world_actor_get(struct world *world, struct thread *thread, uint64_t id)
{
	struct actor *actor = world_task(world, id);

	if (!actor)
		actor = world_actor_make(world, id, thread->number);
	return actor ? actor : thread->plain; /* no memory: world->error stops the analysis */
}

/* Its number is the next one; it has a place before its actor is made, which is put there. NULL: no
 * memory. */
static struct thread *thread_make(struct world *world, uint32_t tid)
{
	struct thread *thread = calloc(1, sizeof(*thread));
	struct actor *departed = calloc(1, sizeof(*departed));

	if (!thread || !departed) {
		free(thread);
		free(departed);
		return NULL;
	}
	thread->tid = tid;
	thread->number = world->thread_count;
	thread->departed = departed;
	departed->plain = true;
	departed->thread = thread->number;
	departed->entries = SLAB_NONE;
	world->threads[world->thread_count++] = thread;
	world->target_threads += tid != 0;
	thread->plain = world_actor_make(world, WORLD_PLAIN + thread->number, thread->number);
	if (!thread->plain)
		return NULL;
	thread->current = thread->plain;
	thread->plain->step = ++world->step;
	clock_raise(&thread->plain->clock, world->step - 1);
	return thread;
}

static int threads_grow(struct world *world)
{
	uint32_t room = world->thread_room ? 2 * world->thread_room : 16;
	struct thread **more = realloc(world->threads, room * sizeof(struct thread *));

	if (!more)
		return -ENOMEM;
	world->threads = more;
	world->thread_room = room;
	return 0;
}

struct thread *world_thread(struct world *world, uint32_t tid)
{
	uint32_t number = idmap_get(&world->thread_by_tid, tid);
	struct thread *thread = NULL;

	if (number != IDMAP_NONE)
		return world->threads[number];
	if (tid && world->target_threads == WORLD_THREADS)
		return NULL;
	if (world->thread_count < world->thread_room || !threads_grow(world))
		thread = thread_make(world, tid);
	if (!thread || idmap_add(&world->thread_by_tid, tid, thread->number)) {
		world->error = -ENOMEM;
		return NULL;
	}
	return thread;
}

void world_actor_drop(struct world *world, struct actor *actor)
{
	if (world->hooks.actor_end)
		world->hooks.actor_end(world->hooks.context, actor);
	world_sections_orphan(world, actor);
	world_loss_actor_drop(actor);
	idmap_fini(&actor->used_more);
	free(actor->held);
	actor->held = NULL;
	idmap_remove(&world->actor_by_id, actor->id);
	if (world->near_task[world_task_place(actor->id)] == actor)
		world->near_task[world_task_place(actor->id)] = NULL;
	slab_give(&world->actors, actor->index);
}

static void left_out_count(struct world *world, uint32_t tid)
{
	world->left_out_events++;
	if (idmap_get(&world->left_out, tid) != IDMAP_NONE)
		return;
	world->left_out_threads++;
	if (idmap_add(&world->left_out, tid, 1))
		world->error = -ENOMEM;
}

void world_leave_out(struct world *world, uint32_t tid, const struct aw_event *event)
{
	struct actor *actor = NULL;

	left_out_count(world, tid);
	world->loss_order = world->order;
	world->loss_step = world->step;
	switch (event->kind) {
	case AW_LOST:
		world->lost += event->object;
		world->pauses += !event->object;
		break;
	case AW_WAKE:
	case AW_CANCEL:
		actor = event->object < WORLD_PLAIN ? world_task(world, event->object) : NULL;
		if (actor && !actor->running)
			actor->woken = true;
		break;
	case AW_LOCK_NEW:
	case AW_LOCK_FREE:
		world_lock_event(world, NULL, NULL, event, false);
		break;
	case AW_LOCK_WAIT ... AW_LOCK_GIVEUP:
		world_lock_left_out(world, event);
		break;
	default:
		break;
	}
}

static inline void see_time(struct world *world, uint64_t time)
{
	if (time > world->now) {
		world->now = time;
		if (!world->started)
			world->started = time;
	} else if (time && time < world->started) {
		world->started = time;
	}
}

/* What only a running actor does, unless it is told of long ago. */
static inline void step_see(struct world *world, struct thread *thread, struct actor *actor,
                            const struct aw_event *event)
{
	if (!actor->running && !(event->arg & AW_ARG_SNAPSHOT))
		world_step_assume(world, thread, actor, event->time);
}

void world_event(struct world *world, struct thread *thread, struct actor *actor,
                 const struct aw_event *event)
{
	bool inferred = thread->interval;

	thread->interval = event->kind == AW_INTERVAL;
	see_time(world, event->time);
	switch (event->kind) {
	case AW_RESUME:
		world_resume(world, thread, actor, event);
		break;
	case AW_LOST:
		world_lost(world, thread, event);
		break;
	case AW_TARGET:
		world->can = event->site;
		world->runtime = event->arg & AW_ARG_VALUE;
		break;
	case AW_CALLBACK:
		world_callback(world, thread, event);
		break;
	case AW_TEST:
		world_test_begin(world, thread, event->object);
		break;
	case AW_THREAD_END:
		thread->ended = true;
		break;
	case AW_TASK_NEW:
		world_task_new(world, thread, actor, event);
		break;
	case AW_TASK_END:
		world_task_end(world, thread, actor);
		break;
	case AW_SUSPEND:
		world_suspend(world, thread, actor, event);
		break;
	case AW_WAKE:
		world_wake(world, thread, actor, event);
		break;
	case AW_SIGNAL:
		step_see(world, thread, actor, event);
		signals_put(&world->signals, event->object, &actor->clock, actor->tag, actor->step);
		break;
	case AW_CANCEL:
		world_cancel(world, actor, event);
		break;
	case AW_OBSERVE:
		step_see(world, thread, actor, event);
		world_observe(world, actor, event);
		break;
	case AW_LOCK_WAIT ... AW_LOCK_GIVEUP:
		step_see(world, thread, actor, event);
		world_lock_event(world, thread, actor, event,
		                 inferred || (event->arg & AW_ARG_INFERRED));
		break;
	case AW_LOCK_NEW:
	case AW_LOCK_FREE:
		world_lock_event(world, thread, actor, event, inferred);
		break;
	default:
		break;
	}
}
