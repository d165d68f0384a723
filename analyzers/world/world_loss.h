/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world_loss.h - what a loss leaves unknown.
 *
 * A LOST makes all unsure that is known of the tasks and locks of its thread. There may be 100,000
 * of these, and 10,000 losses a second: so each thread has a list of those of which something was
 * learnt since its last LOST, and only these are gone through.
 */
#ifndef ANALYZERS_WORLD_LOSS_H
#define ANALYZERS_WORLD_LOSS_H

#include "world.h"

/** Takes a LOST event: of its thread, or, in the tracer's own stream, of any. */
void world_lost(struct world *world, struct thread *thread, const struct aw_event *event);

/* _put: puts it into the list that it belongs to. */
void world_loss_actor_put(struct world *world, struct actor *actor);
void world_loss_lock_put(struct world *world, struct thread *thread, struct lock *lock);

/** Something is known of the actor: that it runs, waits, or was made. */
static inline void world_loss_actor(struct world *world, struct actor *actor)
{
	if (!actor->known_link || actor->known_thread != actor->thread)
		world_loss_actor_put(world, actor);
}

/** The thread uses the lock: who has it is known, or will be. */
static inline void world_loss_lock(struct world *world, struct thread *thread, struct lock *lock)
{
	if (!lock->known_link || lock->shared != lock->known_shared)
		world_loss_lock_put(world, thread, lock);
}

/** It is no more. */
void world_loss_actor_drop(struct actor *actor);
void world_loss_lock_drop(struct lock *lock);

#endif
