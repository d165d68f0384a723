/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world_locks.h - the half of the world that deals with locks, for world.c.
 */
#ifndef ANALYZERS_WORLD_LOCKS_H
#define ANALYZERS_WORLD_LOCKS_H

#include "world.h"

/** Takes one LOCK_* event. */
void world_lock_event(struct world *world, struct thread *thread, struct actor *actor,
                      const struct aw_event *event, bool inferred);

/** A step begins: only what is held now counts for it. */
void world_step_guards_rebuild(struct actor *actor);

static inline void world_step_guards_reset(struct actor *actor)
{
	if (actor->lock_sign)
		world_step_guards_rebuild(actor);
}

/** A step goes on after a nested one: what it has freed before covers no gap, but kept it out. */
void world_step_guards_go_on(struct actor *actor);

/**
 * `actor` was made in a step of `outer` and starts at once: its first step is a part of that one,
 * so what that one holds keeps it out of others' sections, too, but not of `outer`'s own.
 */
void world_step_guards_around(struct actor *actor, const struct actor *outer);

/** A gap of `actor` begins at `site`: its open sections span it. */
void world_sections_gap(struct world *world, struct actor *actor, uint64_t site);

/** `actor` ends: its open sections stay, without a holder. */
void world_sections_orphan(struct world *world, struct actor *actor);

/** `actor` observes the end of task `id`: sections it left open are the actor's now. */
void world_sections_adopt(struct world *world, struct actor *actor, uint64_t id);

/** `actor` holds `section` from now on; nobody holds it. */
void world_section_hold(struct world *world, struct actor *actor, struct section *section);
void world_section_unhold(struct section *section);

/** `actor` takes a lock of this identity: counts it once, however often it does. */
void world_identity_used(struct world *world, struct actor *actor, uint32_t index);

/** Ends a section, with all that is told of it. `event` NULL: its end was not seen. */
void world_section_close(struct world *world, struct section *section,
                         const struct aw_event *event);

/** A thread that is left out uses a lock: who holds it is not known, and several threads use it. */
void world_lock_left_out(struct world *world, const struct aw_event *event);

#endif
