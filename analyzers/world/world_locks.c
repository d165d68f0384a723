/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world_locks.c - locks, and the critical sections that are open.
 *
 * A section belongs to the lock and, while its holder lives, to the holder.
 * Sections end when the lock's own state says so; who frees it does not matter.
 */
#include "world_locks.h"
#include "world_loss.h"

#include <errno.h>
#include <stdlib.h>

static bool is_recursive(uint8_t type)
{
	return type == AW_LOCK_TYPE_THREAD_RLOCK || type == AW_LOCK_TYPE_PYTHREAD_RLOCK;
}

/* ---- locks ---- */

struct lock *world_lock_find(const struct world *world, uint64_t id)
{
	uint32_t index = idmap_get(&world->lock_by_id, id);

	return index == IDMAP_NONE ? NULL : slab_at(&world->locks, index);
}

struct lock *world_lock_by_uid(const struct world *world, uint64_t uid)
{
	uint32_t index = idmap_get(&world->lock_by_uid, uid);

	return index == IDMAP_NONE ? NULL : slab_at(&world->locks, index);
}

static struct lock *lock_make(struct world *world, uint64_t id)
{
	uint32_t index = slab_take(&world->locks);
	struct lock *lock;

	if (index == SLAB_NONE) {
		world->error = -ENOMEM;
		return NULL;
	}
	world->locks_unused++;
	lock = slab_at(&world->locks, index);
	*lock = (struct lock){.id = id,
	                      .uid = ++world->uids,
	                      .known = WORLD_NEVER,
	                      .index = index,
	                      .identity = IDMAP_NONE,
	                      .permits = 1};
	if (idmap_add(&world->lock_by_id, id, index) ||
	    idmap_add(&world->lock_by_uid, lock->uid, index))
		world->error = -ENOMEM;
	if (!world->near_lock[world_lock_place(id)])
		world->near_lock[world_lock_place(id)] = lock;
	return lock;
}

void world_section_close(struct world *world, struct section *section, const struct aw_event *event)
{
	struct lock *lock = section->lock;
	struct section **link = &lock->sections;

	if (world->hooks.section_end)
		world->hooks.section_end(world->hooks.context, section, event);
	for (uint32_t i = 0; !section->holder && i < world->orphan_count; i++)
		if (world->orphans[i] == section)
			world->orphans[i--] = world->orphans[--world->orphan_count];
	world_section_unhold(section);
	while (*link != section)
		link = &(*link)->next;
	*link = section->next;
	lock->held--;
	slab_give(&world->sections, section->index);
}

static void sections_drop(struct world *world, struct lock *lock)
{
	while (lock->sections)
		world_section_close(world, lock->sections, NULL);
}

static void lock_drop(struct world *world, struct lock *lock)
{
	sections_drop(world, lock);
	world_loss_lock_drop(lock);
	world->locks_unused -= lock->identity == IDMAP_NONE;
	idmap_remove(&world->lock_by_id, lock->id);
	if (world->near_lock[world_lock_place(lock->id)] == lock)
		world->near_lock[world_lock_place(lock->id)] = NULL;
	idmap_remove(&world->lock_by_uid, lock->uid);
	slab_give(&world->locks, lock->index);
}

static void lock_defined(struct world *world, const struct aw_event *event)
{
	struct lock *lock = world_lock(world, event->object);
	bool snapshot = event->arg & AW_ARG_SNAPSHOT;

	if (lock && !snapshot && lock->identity != IDMAP_NONE) {
		lock_drop(world, lock); /* the id was used before: another object */
		lock = NULL;
	}
	if (!lock)
		lock = lock_make(world, event->object);
	if (!lock)
		return;
	lock->type = event->arg & AW_ARG_VALUE;
	lock->created = event->site;
	lock->permits = lock_is_semaphore(lock->type) ? (event->arg >> 8) & AW_LOCK_PERMITS_MAX : 1;
	/* How many permits there are shows only when they are free. */
	if (lock->identity != IDMAP_NONE &&
	    lock->permits > world->identities[lock->identity].permits)
		world->identities[lock->identity].permits = lock->permits;
	if (!snapshot)
		lock->known = lock->made = world->order;
}

/* ---- sections ---- */

/* The section a LOCK_FREED ends: the releaser's own if it has one, else the oldest. */
static struct section *section_to_end(const struct lock *lock, const struct actor *actor,
                                      uint8_t mode)
{
	struct section *own = NULL, *oldest = NULL;

	for (struct section *s = lock->sections; s; s = s->next) {
		if (s->mode != mode)
			continue;
		if (s->holder == actor && !own)
			own = s;
		if (!oldest || s->order < oldest->order)
			oldest = s;
	}
	return own ? own : oldest;
}

static void section_span(struct section *section)
{
	struct lock *lock = section->lock;

	section->spanned = true;
	if (lock->spanner_count < WORLD_LOCK_SPANS &&
	    !(lock->spanner_count && lock->spanners[0] == section->holder_id))
		lock->spanners[lock->spanner_count++] = section->holder_id;
}

static void section_open(struct world *world, struct thread *thread, struct actor *actor,
                         struct lock *lock, const struct aw_event *event, bool inferred)
{
	uint32_t index = slab_take(&world->sections);
	struct section *section;

	if (index == SLAB_NONE) {
		world->error = -ENOMEM;
		return;
	}
	section = slab_at(&world->sections, index);
	section->index = index;
	section->lock = lock;
	section->mode = event->arg & AW_ARG_VALUE;
	section->order = world->order;
	section->step = actor->step;
	section->taken_at = event->time;
	section->test = world_test(world);
	section->site = event->site;
	section->thread = thread->number;
	section->depth = 1;
	section->inferred = inferred;
	section->snapshot = event->arg & AW_ARG_SNAPSHOT;
	section->waited = actor->waiting == lock;
	section->wanted = section->waited ? actor->wait_step : actor->step;
	if (section->waited && event->time > actor->wait_since)
		section->wait_ns = event->time - actor->wait_since;
	section->next = lock->sections;
	lock->sections = section;
	lock->held++;
	world_section_hold(world, actor, section);
	if (section->snapshot && !actor->running)
		section_span(section); /* right now */
	if (world->hooks.section_begin)
		world->hooks.section_begin(world->hooks.context, section, event);
}

/* A section that is known of is told again, for readers that begin later. */
static bool is_retold(const struct lock *lock, const struct actor *actor,
                      const struct aw_event *event)
{
	if (!(event->arg & AW_ARG_SNAPSHOT))
		return false;
	for (const struct section *s = lock->sections; s; s = s->next)
		if (s->holder == actor)
			return true;
	return false;
}

/*
 * A hand-over orders nothing, for it could have been the other way round; but not if who had the
 * last section came to want the lock before this actor did, by whatever else orders the two. Locks
 * go round in order: then that section ended before, too.
 */
static void lock_order_learn(const struct world *world, const struct lock_last *section,
                             struct actor *actor)
{
	const struct actor *last;

	if (!section->freed || section->tag == actor->tag ||
	    !clock_knows(&actor->clock, section->tag, section->wanted) ||
	    clock_knows(&actor->clock, section->tag, section->freed))
		return;
	clock_learn(&actor->clock, section->tag, section->freed);
	last = world_task(world, section->actor);
	if (last) /* knows by now more than when it freed the lock: over-approximates */
		clock_join(&actor->clock, &last->clock);
	else
		signals_observe(&world->signals, section->actor, &actor->clock);
	actor->learnt = world->order;
}

static void lock_user_note(struct lock *lock, const struct actor *actor)
{
	for (unsigned i = 0; i < lock->user_count; i++)
		if (lock->users[i].actor == actor->id)
			return;
	if (lock->user_count < WORLD_LOCK_USERS)
		lock->users[lock->user_count++] = (struct lock_user){actor->id, actor->step};
}

static void lock_taken(struct world *world, struct thread *thread, struct actor *actor,
                       struct lock *lock, const struct aw_event *event, bool inferred)
{
	struct section *first = lock->sections;
	uint8_t mode = event->arg & AW_ARG_VALUE;

	if (!lock->permits) { /* a signal */
		signals_observe(&world->signals, lock->id, &actor->clock);
		actor->learnt = world->order;
		actor->waiting = NULL;
		return;
	}
	if (is_retold(lock, actor, event))
		return;
	if (first && is_recursive(lock->type) && first->holder == actor) {
		first->depth++;
		return;
	}
	/* An exclusive lock that is taken was freed before, though that was not seen. */
	if (first && lock_excludes(lock) &&
	    (mode != AW_MODE_SHARED || first->mode != AW_MODE_SHARED))
		sections_drop(world, lock);
	/* Nobody was seen to free it before it was taken: it was free since it was last known. */
	if (mode != AW_MODE_SHARED && lock->known == WORLD_NEVER)
		lock->known = world->loss_order;
	for (unsigned i = 0; i < WORLD_LOCK_LASTS; i++)
		if (mode != AW_MODE_SHARED || lock->last[i].mode != AW_MODE_SHARED)
			lock_order_learn(world, &lock->last[i], actor);
	lock_user_note(lock, actor);
	world_identity_used(world, actor, lock->identity);
	section_open(world, thread, actor, lock, event, inferred);
	if (actor->waiting == lock)
		actor->waiting = NULL;
}

/* In the place of the same actor's, or of the oldest. */
static void lock_last_note(struct lock *lock, const struct section *section)
{
	unsigned at = 0;

	for (unsigned i = 0; i < WORLD_LOCK_LASTS; i++) {
		if (lock->last[i].actor == section->holder->id &&
		    lock->last[i].mode == section->mode) {
			at = i;
			break;
		}
		if (lock->last[i].freed < lock->last[at].freed)
			at = i;
	}
	lock->last[at] = (struct lock_last){.actor = section->holder->id,
	                                    .wanted = section->wanted,
	                                    .freed = section->holder->step,
	                                    .tag = section->holder->tag,
	                                    .mode = section->mode};
}

static void lock_freed(struct world *world, struct actor *actor, struct lock *lock,
                       const struct aw_event *event, bool inferred)
{
	struct section *section = section_to_end(lock, actor, event->arg & AW_ARG_VALUE);

	if (!lock->permits)
		signals_put(&world->signals, lock->id, &actor->clock, actor->tag, actor->step);
	/* A mutex that is freed is free; a semaphore or read lock may have other holders. */
	if (lock->known == WORLD_NEVER && lock_excludes(lock) &&
	    (event->arg & AW_ARG_VALUE) != AW_MODE_SHARED)
		lock->known = world->order;
	if (!section && world->loss_order && lock_excludes(lock))
		world_identity(world, lock)->begun++;
	if (!section || (is_recursive(lock->type) && --section->depth))
		return;
	if (inferred)
		section->inferred = true;
	if (section->holder != actor)
		section->other_task = true;
	if (section->holder && lock_excludes(lock))
		lock_last_note(lock, section);
	world_section_close(world, section, event);
}

static void lock_waited(struct actor *actor, struct lock *lock, const struct aw_event *event)
{
	actor->waiting = lock;
	actor->wait_since = event->time;
	actor->wait_step = actor->step;
	actor->wait_site = event->site;
	actor->deadline = event->arg & AW_ARG_DEADLINE;
}

/* It may have been used in what this thread lost before it was seen to use it, if there was one. */
static void identity_user_new(const struct thread *thread, const struct lock *lock,
                              struct identity *identity)
{
	bool younger = lock->identity >= thread->loss_identities && !thread->loss_unused &&
	               lock->made > thread->loss;

	if (!thread->loss || younger)
		return;
	identity->lost += thread->lost;
	identity->hidden += thread->hidden;
	identity->pause |= thread->pause;
}

static void lock_used(struct world *world, struct thread *thread, struct lock *lock,
                      struct identity *identity)
{
	lock->threads |= world_thread_bit(thread->number);
	if (!lock->user)
		lock->user = thread->number + 1;
	lock->shared |= lock->user != thread->number + 1;
	identity->shared |= lock->shared;
	world_loss_lock(world, thread, lock);
	if (bit_set_has(&identity->threads, thread->number))
		return;
	identity_user_new(thread, lock, identity);
	if (bit_set_add(&identity->threads, thread->number))
		world->error = -ENOMEM;
}

void world_lock_event(struct world *world, struct thread *thread, struct actor *actor,
                      const struct aw_event *event, bool inferred)
{
	struct lock *lock = NULL;

	if (event->kind == AW_LOCK_NEW) {
		lock_defined(world, event);
		return;
	}
	lock = world_lock(world, event->object);
	if (event->kind == AW_LOCK_FREE) {
		if (lock)
			lock_drop(world, lock);
		return;
	}
	if (!lock)
		lock = lock_make(world, event->object);
	if (!lock)
		return;
	/* It may come before the name, which decides which identity it has. */
	if (event->kind == AW_LOCK_CONDITION) {
		lock->condition = true;
		if (lock->identity != IDMAP_NONE)
			world_identity(world, lock)->condition = true;
		return;
	}
	struct identity *identity = world_identity(world, lock);

	if (thread->tid) /* 0: what was read from outside, by the tracer */
		lock_used(world, thread, lock, identity);
	switch (event->kind) {
	case AW_LOCK_WAIT:
		lock_waited(actor, lock, event);
		world_loss_actor(world, actor);
		break;
	case AW_LOCK_TAKEN:
		lock_taken(world, thread, actor, lock, event, inferred);
		break;
	case AW_LOCK_FREED:
		lock_freed(world, actor, lock, event, inferred);
		break;
	case AW_LOCK_GIVEUP:
		actor->waiting = NULL;
		break;
	case AW_LOCK_TEST:
		identity->tested = true;
		break;
	case AW_LOCK_WAIVER:
		identity->waiver = true;
		break;
	default:
		break;
	}
}

void world_sections_gap(struct world *world, struct actor *actor, uint64_t site)
{
	for (unsigned i = 0; i < actor->held_count; i++) {
		if (!actor->held[i]->spanned)
			section_span(actor->held[i]);
		if (world->hooks.section_gap)
			world->hooks.section_gap(world->hooks.context, actor->held[i], site);
	}
}

static void orphan_add(struct world *world, struct section *section)
{
	if (world->orphan_count == world->orphan_room) {
		uint32_t room = world->orphan_room ? 2 * world->orphan_room : 16;
		struct section **more = realloc(world->orphans, room * sizeof(*more));

		if (!more) {
			world->error = -ENOMEM;
			return;
		}
		world->orphans = more;
		world->orphan_room = room;
	}
	world->orphans[world->orphan_count++] = section;
}

void world_sections_orphan(struct world *world, struct actor *actor)
{
	for (unsigned i = 0; i < actor->held_count; i++) {
		struct section *section = actor->held[i];

		section->holder = NULL;
		orphan_add(world, section);
		/* A task that took the lock and ended at once only took it for its awaiter:
		 * what lies between is no gap of the section, for nothing was done in it. */
		if (section->step != actor->step || section->accesses)
			section_span(section);
	}
	actor->held_count = 0;
}

void world_sections_adopt(struct world *world, struct actor *actor, uint64_t id)
{
	for (uint32_t i = 0; i < world->orphan_count; i++) {
		struct section *section = world->orphans[i];

		if (section->holder_id != id)
			continue;
		world->orphans[i--] = world->orphans[--world->orphan_count];
		section->other_task = true;
		section->order = world->order;
		section->step = section->wanted = actor->step;
		world_section_hold(world, actor, section);
	}
}

void world_lock_left_out(struct world *world, const struct aw_event *event)
{
	struct lock *lock = world_lock(world, event->object);

	if (!lock)
		lock = lock_make(world, event->object);
	if (!lock)
		return;
	lock->known = WORLD_NEVER;
	world_identity(world, lock)->shared = true;
	for (struct section *s = lock->sections; s; s = s->next)
		s->doubtful = true;
}
