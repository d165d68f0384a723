/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world_loss.c - what a loss leaves unknown. See world_loss.h.
 */
#include "world_loss.h"

#include "world_locks.h"
#include "world_parts.h"

#define NO_RECORDS UINT64_MAX /* they are counted elsewhere */

/* ---- the lists ---- */

void world_loss_actor_drop(struct actor *actor)
{
	if (!actor->known_link)
		return;
	*actor->known_link = actor->known_next;
	if (actor->known_next)
		actor->known_next->known_link = actor->known_link;
	actor->known_link = NULL;
}

void world_loss_actor_put(struct world *world, struct actor *actor)
{
	struct actor **first = &world->threads[actor->thread]->known_actors;

	world_loss_actor_drop(actor);
	actor->known_thread = actor->thread;
	actor->known_next = *first;
	actor->known_link = first;
	if (*first)
		(*first)->known_link = &actor->known_next;
	*first = actor;
}

void world_loss_lock_drop(struct lock *lock)
{
	if (!lock->known_link)
		return;
	*lock->known_link = lock->known_next;
	if (lock->known_next)
		lock->known_next->known_link = lock->known_link;
	lock->known_link = NULL;
}

void world_loss_lock_put(struct world *world, struct thread *thread, struct lock *lock)
{
	struct lock **first = lock->shared ? &world->known_shared : &thread->known_locks;

	world_loss_lock_drop(lock);
	lock->known_shared = lock->shared;
	lock->known_next = *first;
	lock->known_link = first;
	if (*first)
		(*first)->known_link = &lock->known_next;
	*first = lock;
}

/* ---- a loss ---- */

/* Counts what is missing: records, or a stretch in which the thread was not watched. */
static void loss_count(struct world *world, struct thread *thread, const struct aw_event *event)
{
	world->lost += event->object;
	world->pauses += !event->object;
	thread->pause |= !event->object;
	if (!event->object)
		return;
	if (!thread->lost)
		thread->lost_from = event->time;
	thread->lost += event->object;
	thread->hidden += world_hides(event->object);
	if (event->site > thread->lost_until)
		thread->lost_until = event->site;
}

static void actors_lost(struct thread *thread)
{
	struct actor *actor;

	while ((actor = thread->known_actors)) {
		world_loss_actor_drop(actor);
		actor->unsure = true;
		actor->running = false;
		actor->waiting = NULL;
		actor->woken = true; /* it may have been */
	}
}

/* All identities that the thread uses: their locks may have been used in what was lost. */
static void identities_lost(struct world *world, const struct thread *thread, uint64_t records)
{
	for (uint32_t i = 0; i < world->identity_count; i++) {
		struct identity *identity = &world->identities[i];

		if (!bit_set_has(&identity->threads, thread->number))
			continue;
		identity->lost += records;
		identity->hidden += world_hides(records);
		identity->pause |= !records;
	}
}

static void lock_lost(struct world *world, const struct thread *thread, struct lock *lock)
{
	lock->known = WORLD_NEVER;
	for (struct section *s = lock->sections, *next; s; s = next) {
		next = s->next;
		s->doubtful = true; /* anyone may free it */
		if (s->thread == thread->number)
			world_section_close(world, s, NULL);
	}
	if (!lock->sections)
		world_loss_lock_drop(lock); /* now nothing is known of it */
}

static void locks_lost(struct world *world, struct thread *thread)
{
	struct lock *next;

	for (struct lock *lock = thread->known_locks; lock; lock = next) {
		next = lock->known_next;
		lock_lost(world, thread, lock);
	}
	for (struct lock *lock = world->known_shared; lock; lock = next) {
		next = lock->known_next;
		if (lock->threads & world_thread_bit(thread->number))
			lock_lost(world, thread, lock);
	}
}

/* What is known of the thread's tasks and locks is not known any more. */
static void thread_lost(struct world *world, struct thread *thread, uint64_t records)
{
	thread->loss = world->order;
	actors_lost(thread);
	if (records != NO_RECORDS)
		identities_lost(world, thread, records);
	thread->loss_identities = world->identity_count;
	thread->loss_unused = world->locks_unused != 0;
	locks_lost(world, thread);
	thread->depth = 0;
	world_plain_begin(world, thread);
}

/* Told in the tracer's own stream: of any of the threads. */
static void lost_anywhere(struct world *world, const struct aw_event *event)
{
	world->lost += event->object;
	world->lost_anywhere += event->object;
	world->hidden_anywhere += world_hides(event->object);
	for (uint32_t i = 0; i < world->thread_count; i++)
		if (world->threads[i]->tid)
			thread_lost(world, world->threads[i], NO_RECORDS);
}

void world_lost(struct world *world, struct thread *thread, const struct aw_event *event)
{
	/* Told in the tracer's own stream: nothing of what is watched was missed by it. */
	if (!thread->tid && !event->object) {
		world->late++;
		return;
	}
	world->loss_order = world->order;
	world->loss_step = world->step;
	if (event->site > world->loss_until)
		world->loss_until = event->site;
	if (!thread->tid && event->object) {
		lost_anywhere(world, event);
		world_test_lost(world, NULL);
	} else {
		loss_count(world, thread, event);
		world_test_lost(world, thread);
		thread_lost(world, thread, event->object);
	}
	world->loss_step = world->step;
}
