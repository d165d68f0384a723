/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world_guards.c - the locksets of an actor, kept up to date: what it holds now, and what it
 * has held at any time in its step.
 */
#include "world_locks.h"

#include <errno.h>
#include <stdlib.h>

static guard_t guard_of(const struct section *section)
{
	return guard_make(section->lock->uid, section->lock->identity,
	                  section->mode == AW_MODE_SHARED);
}

/* The hash of a lockset, 0 while it is empty, with one more lock. */
static uint64_t sign_add(uint64_t sign, guard_t guard)
{
	return (sign ^ guard) * 0x9e3779b97f4a7c15ull + (sign >> 32);
}

static void locks_sign(struct actor *actor)
{
	actor->lock_sign = (actor->guards_sign + actor->guards.more) * 0xc2b2ae3d27d4eb4full +
	                   (actor->step_sign + actor->step_guards.more) * 0x9e3779b97f4a7c15ull +
	                   actor->around * 0x165667b19e3779f9ull;
}

static void guards_refresh(struct actor *actor)
{
	struct lockset *guards = &actor->guards;

	guards->count = 0;
	guards->more = false;
	actor->guards_sign = 0;
	for (unsigned i = 0; i < actor->held_count; i++) {
		if (!lock_excludes(actor->held[i]->lock))
			continue;
		if (guards->count == WORLD_GUARDS) {
			guards->more = true;
			break;
		}
		guards->lock[guards->count] = guard_of(actor->held[i]);
		actor->guards_sign = sign_add(actor->guards_sign, guards->lock[guards->count++]);
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
	guards->lock[guards->count] = guard_of(section);
	actor->step_sign = sign_add(actor->step_sign, guards->lock[guards->count++]);
}

void world_step_guards_rebuild(struct actor *actor)
{
	actor->step_guards.count = 0;
	actor->step_guards.more = false;
	actor->step_sign = 0;
	for (unsigned i = 0; i < actor->held_count; i++)
		step_guard_add(actor, actor->held[i]);
	actor->step_kept = actor->step_guards.count;
	actor->around = false;
	locks_sign(actor);
}

void world_step_guards_go_on(struct actor *actor)
{
	bool around = actor->around;
	unsigned before = actor->step_guards.count;

	world_step_guards_rebuild(actor);
	actor->around = around || before > actor->step_guards.count;
	locks_sign(actor);
}

void world_step_guards_around(struct actor *actor, const struct actor *outer)
{
	actor->around = outer->around || outer->step_guards.count || outer->step_guards.more;
	locks_sign(actor);
}

/* 0 or -ENOMEM. */
static int held_add(struct actor *actor, struct section *section)
{
	if (actor->held_count == actor->held_room) {
		uint32_t room = actor->held_room ? 2 * actor->held_room : 4;
		struct section **more = reallocarray(actor->held, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		actor->held = more;
		actor->held_room = room;
	}
	actor->held[actor->held_count++] = section;
	return 0;
}

void world_section_hold(struct world *world, struct actor *actor, struct section *section)
{
	section->holder = actor;
	section->holder_id = actor->id;
	if (held_add(actor, section))
		world->error = -ENOMEM;
	step_guard_add(actor, section);
	guards_refresh(actor);
}

void world_section_unhold(struct section *section)
{
	struct actor *actor = section->holder;
	unsigned kept = 0;

	section->holder = NULL;
	if (!actor)
		return;
	for (unsigned i = 0; i < actor->held_count; i++)
		if (actor->held[i] != section)
			actor->held[kept++] = actor->held[i];
	actor->held_count = kept;
	guards_refresh(actor);
}
