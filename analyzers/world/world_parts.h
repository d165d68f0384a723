/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world_parts.h - what the files of the world share among themselves.
 */
#ifndef ANALYZERS_WORLD_PARTS_H
#define ANALYZERS_WORLD_PARTS_H

#include "world.h"

/* world.c: actors */

/** A new actor. NULL: no memory. */
struct actor *world_actor_make(struct world *world, uint64_t id, uint32_t thread);
/** The task with this id, made if need be. */
struct actor *world_actor_get(struct world *world, struct thread *thread, uint64_t id);
/** It is one of the tasks of this period. */
void world_actor_count(struct world *world, struct actor *actor);
void world_actor_drop(struct world *world, struct actor *actor);

/* world_steps.c: events that begin and end steps */

/** The thread runs plain code from now on. */
void world_plain_begin(struct world *world, struct thread *thread);
void world_resume(struct world *world, struct thread *thread, struct actor *actor,
                  const struct aw_event *event);
void world_suspend(struct world *world, struct thread *thread, struct actor *actor,
                   const struct aw_event *event);
void world_task_end(struct world *world, struct thread *thread, struct actor *actor);
/** `actor`, of this thread, goes on only after the outermost step that runs. */
void world_nested_note(struct thread *thread, const struct actor *actor);
void world_callback(struct world *world, struct thread *thread, const struct aw_event *event);

/* world_order.c: events that order */

void world_task_new(struct world *world, struct thread *thread, const struct actor *creator,
                    const struct aw_event *event);
void world_wake(struct world *world, struct thread *thread, const struct actor *waker,
                const struct aw_event *event);
void world_cancel(const struct world *world, struct actor *canceller, const struct aw_event *event);
void world_observe(struct world *world, struct actor *actor, const struct aw_event *event);

#endif
