/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world_locks.c - locks, their identities, and the critical sections that are open.
 *
 * A section belongs to the lock and, while its holder lives, to the holder.
 * Sections end when the lock's own state says so; who frees it does not matter.
 */
#include "world_locks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t thread_bit(uint32_t thread)
{
	return 1ull << (thread % 64);
}

static bool is_recursive(uint8_t type)
{
	return type == AW_LOCK_TYPE_THREAD_RLOCK || type == AW_LOCK_TYPE_PYTHREAD_RLOCK;
}

/* ---- the lockset of an actor, kept up to date ---- */

static guard_t guard_of(const struct section *section)
{
	return section->lock->uid << 16 | (uint64_t)section->lock->identity << 1 |
	       (section->mode == AW_MODE_SHARED);
}

static uint64_t sign_lockset(uint64_t sign, const struct lockset *set)
{
	for (unsigned i = 0; i < set->count; i++)
		sign = (sign ^ set->lock[i]) * 0x9e3779b97f4a7c15ull + (sign >> 32);
	return sign * 3 + set->more;
}

static void locks_sign(struct actor *actor)
{
	bool none = !actor->guards.count && !actor->step_guards.count && !actor->guards.more &&
	            !actor->step_guards.more;

	actor->lock_sign =
		none ? 0 : sign_lockset(sign_lockset(1, &actor->guards), &actor->step_guards);
}

static void guards_refresh(struct actor *actor)
{
	struct lockset *guards = &actor->guards;

	guards->count = 0;
	guards->more = actor->held_count == WORLD_HELD;
	for (unsigned i = 0; i < actor->held_count; i++) {
		if (!lock_excludes(actor->held[i]->lock))
			continue;
		if (guards->count == WORLD_GUARDS)
			guards->more = true;
		else
			guards->lock[guards->count++] = guard_of(actor->held[i]);
	}
	locks_sign(actor);
}

static void step_guard_add(struct actor *actor, const struct section *section)
{
	struct lockset *guards = &actor->step_guards;

	if (!lock_excludes(section->lock))
		return;
	if (guards->count == WORLD_GUARDS) {
		guards->more = true;
		return;
	}
	actor->step_guard_order[guards->count] = section->order;
	guards->lock[guards->count++] = guard_of(section);
}

void world_step_guards_rebuild(struct actor *actor)
{
	actor->step_guards.count = 0;
	actor->step_guards.more = actor->held_count == WORLD_HELD;
	for (unsigned i = 0; i < actor->held_count; i++)
		step_guard_add(actor, actor->held[i]);
	locks_sign(actor);
}

static void hold(struct actor *actor, struct section *section)
{
	section->holder = actor;
	section->holder_id = actor->id;
	if (actor->held_count < WORLD_HELD)
		actor->held[actor->held_count++] = section;
	step_guard_add(actor, section);
	guards_refresh(actor);
}

static void unhold(struct section *section)
{
	struct actor *actor = section->holder;
	unsigned kept = 0;

	section->holder = NULL;
	if (!actor)
		return;
	for (unsigned i = 0; i < actor->held_count; i++)
		if (actor->held[i] != section)
			actor->held[kept++] = actor->held[i];
	actor->held_count = (uint8_t)kept;
	guards_refresh(actor);
}

/* ---- identities ---- */

static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; text && *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3ull; /* FNV-1a */
	return hash;
}

static uint32_t identity_make(struct world *world, const struct lock *lock, const char *name)
{
	struct identity *identity = &world->identities[world->identity_count];

	identity->name = name ? strndup(name, AW_TEXT_MAX) : NULL;
	identity->created = lock->created;
	identity->type = lock->type;
	identity->permits = lock->permits;
	return world->identity_count++;
}

/* The key of a lock's identity: creation site and name; the lock itself when it has neither. */
static uint64_t identity_key(struct world *world, const struct lock *lock, const char **name)
{
	uint32_t names = idmap_get(&world->names_of_site, lock->created);
	uint64_t seed = 0xcbf29ce484222325ull ^ lock->created * 0x9e3779b97f4a7c15ull;

	*name = names_object(world->names, world->pid, lock->id);
	if (!*name && !lock->created)
		return hash_text(lock->id * 0x9e3779b97f4a7c15ull, "lock") & ~(1ull << 63);
	if (*name && names != IDMAP_NONE && names >= WORLD_SITE_NAMES)
		*name = NULL; /* a name per object: they are one identity */
	return hash_text(seed, *name) & ~(1ull << 63);
}

static void count_name(struct world *world, uint64_t site)
{
	uint32_t count = idmap_get(&world->names_of_site, site);

	idmap_remove(&world->names_of_site, site);
	if (idmap_add(&world->names_of_site, site, count == IDMAP_NONE ? 1 : count + 1))
		world->error = -ENOMEM;
}

static void identity_look_up(struct world *world, struct lock *lock)
{
	const char *name;
	uint64_t key = identity_key(world, lock, &name);
	uint32_t index = idmap_get(&world->identity_by_key, key);

	if (index == IDMAP_NONE && world->identity_count == WORLD_IDENTITIES)
		index = WORLD_IDENTITIES - 1; /* what is beyond the cap shares the last */
	if (index == IDMAP_NONE) {
		index = identity_make(world, lock, name);
		if (name && lock->created)
			count_name(world, lock->created);
		if (idmap_add(&world->identity_by_key, key, index))
			world->error = -ENOMEM;
	}
	lock->identity = index;
	world->identities[index].objects++;
}

struct identity *world_identity(struct world *world, struct lock *lock)
{
	if (lock->identity == IDMAP_NONE)
		identity_look_up(world, lock);
	return &world->identities[lock->identity];
}

/* Counts an actor once per identity, however often it takes it. */
static void identity_used(struct world *world, struct actor *actor, uint32_t index)
{
	for (unsigned i = 0; i < actor->used_next; i++)
		if (actor->used[i] == index)
			return;
	if (actor->used_next < 8) {
		actor->used[actor->used_next++] = index;
	} else {
		if (idmap_get(&actor->used_more, index) != IDMAP_NONE)
			return;
		if (idmap_add(&actor->used_more, index, 1))
			world->error = -ENOMEM;
	}
	world->identities[index].tasks++;
}

/* ---- locks ---- */

struct lock *world_lock(const struct world *world, uint64_t id)
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
	return lock;
}

static void section_close(struct world *world, struct section *section,
                          const struct aw_event *event)
{
	struct lock *lock = section->lock;
	struct section **link = &lock->sections;

	if (world->hooks.section_end)
		world->hooks.section_end(world->hooks.context, section, event);
	for (uint32_t i = 0; !section->holder && i < world->orphan_count; i++)
		if (world->orphans[i] == section)
			world->orphans[i--] = world->orphans[--world->orphan_count];
	unhold(section);
	while (*link != section)
		link = &(*link)->next;
	*link = section->next;
	lock->held--;
	slab_give(&world->sections, section->index);
}

static void sections_drop(struct world *world, struct lock *lock)
{
	while (lock->sections)
		section_close(world, lock->sections, NULL);
}

static void lock_drop(struct world *world, struct lock *lock)
{
	sections_drop(world, lock);
	idmap_remove(&world->lock_by_id, lock->id);
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
	if (!snapshot)
		lock->known = world->order;
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
	section->site = event->site;
	section->thread = thread->number;
	section->depth = 1;
	section->inferred = inferred;
	section->snapshot = event->arg & AW_ARG_SNAPSHOT;
	section->spanned = section->snapshot && !actor->running; /* it spans a gap right now */
	section->waited = actor->waiting == lock;
	if (section->waited && event->time > actor->wait_since)
		section->wait_ns = event->time - actor->wait_since;
	section->next = lock->sections;
	lock->sections = section;
	lock->held++;
	hold(actor, section);
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
	identity_used(world, actor, lock->identity);
	section_open(world, thread, actor, lock, event, inferred);
	if (actor->waiting == lock)
		actor->waiting = NULL;
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
	if (!section || (is_recursive(lock->type) && --section->depth))
		return;
	if (inferred)
		section->inferred = true;
	if (section->holder != actor)
		section->other_task = true;
	section_close(world, section, event);
}

static void lock_waited(struct actor *actor, struct lock *lock, const struct aw_event *event)
{
	actor->waiting = lock;
	actor->wait_since = event->time;
	actor->wait_site = event->site;
	actor->deadline = event->arg & AW_ARG_DEADLINE;
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
	struct identity *identity = world_identity(world, lock);

	if (thread->tid) { /* 0: what was read from outside, by the tracer */
		lock->threads |= thread_bit(thread->number);
		identity->threads |= thread_bit(thread->number);
	}
	identity->shared |= (lock->threads & (lock->threads - 1)) != 0;
	if (thread->loss && lock->known == WORLD_NEVER)
		identity->loss = true; /* it may have been used in what was lost */
	switch (event->kind) {
	case AW_LOCK_WAIT:
		lock_waited(actor, lock, event);
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
	case AW_LOCK_CONDITION:
		identity->condition = true;
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
		actor->held[i]->spanned = true;
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
			section->spanned = true;
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
		section->step = actor->step;
		hold(actor, section);
	}
}

void world_locks_lost(struct world *world, const struct thread *thread)
{
	for (uint32_t i = 0; i < world->locks.made; i++) {
		struct lock *lock = slab_at(&world->locks, i);

		/* Freed slots of the slab are told by the map. */
		if (world_lock_by_uid(world, lock->uid) != lock ||
		    !(lock->threads & thread_bit(thread->number)))
			continue;
		lock->known = WORLD_NEVER;
		world_identity(world, lock)->loss = true;
		for (struct section *s = lock->sections, *next; s; s = next) {
			next = s->next;
			if (s->thread == thread->number)
				section_close(world, s, NULL);
		}
	}
}
