/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world_steps.c - steps: who runs on which thread, nested in what; gaps begin here.
 */
#include "world_locks.h"
#include "world_loss.h"
#include "world_parts.h"

/* `wait`: uid of the lock that is waited for, if that is what the gap is; else 0. */
static void gap_begin(struct world *world, struct actor *actor, uint64_t site, uint64_t wait)
{
	actor->gap_site[actor->gaps % WORLD_GAP_SITES] = site;
	actor->gap_order[actor->gaps % WORLD_GAP_SITES] = world->order;
	actor->gap_wait[actor->gaps % WORLD_GAP_SITES] = wait;
	actor->gaps++;
	world_sections_gap(world, actor, site);
}

static void step_begin(struct world *world, struct thread *thread, struct actor *actor,
                       uint64_t time)
{
	actor->step = ++world->step;
	actor->running = true;
	actor->woken = false;
	actor->named_only = false;
	world_actor_count(world, actor);
	actor->thread = thread->number;
	actor->since = time;
	world_step_guards_reset(actor);
	if (time < world->loss_until)
		world->loss_step = actor->step;
	world_loss_actor(world, actor);
	thread->current = actor;
}

/* The thread runs plain code from now on. Nothing tells who caused it, so all of the past counts.
 */
void world_plain_begin(struct world *world, struct thread *thread)
{
	struct actor *plain = thread->plain;

	plain->step = ++world->step;
	plain->running = true;
	world_loss_actor(world, plain);
	clock_raise(&plain->clock, world->step - 1);
	thread->current = plain;
}

/* The step on top of the thread has ended: what it was nested in goes on. `inner` NULL: unseen. */
static void step_pop(struct world *world, struct thread *thread, const struct actor *inner)
{
	struct actor *outer;

	if (!thread->depth) {
		world_plain_begin(world, thread);
		return;
	}
	outer = thread->below[--thread->depth];
	outer->learnt = world->order;
	if (outer->lock_sign)
		world_step_guards_go_on(outer);
	if (inner) {
		clock_join(&outer->clock, &inner->clock);
		clock_learn(&outer->clock, inner->tag, inner->step);
	}
	thread->current = outer;
}

/* What an ended task still does (waking those who await it) it does with what it knew at its end.
 */
static struct actor *departed(struct thread *thread, uint64_t id, const struct clock *clock)
{
	struct actor *actor = thread->departed;

	actor->id = id;
	actor->tag = clock_tag(id);
	actor->clock = *clock;
	return actor;
}

struct actor *world_switch(struct world *world, struct thread *thread, uint32_t task)
{
	struct actor *actor = task ? world_task(world, task) : thread->plain;
	const struct clock *left = actor ? NULL : signals_get(&world->signals, task);

	if (left)
		return departed(thread, task, left);
	if (!task)
		return thread->plain;
	if (!actor)
		return world_actor_get(world, thread, task);
	for (unsigned i = 0; i < thread->depth; i++)
		if (thread->below[i] == actor) {
			while (thread->current != actor)
				step_pop(world, thread, thread->current);
			return actor;
		}
	return actor;
}

void world_step_assume(struct world *world, struct thread *thread, struct actor *actor,
                       uint64_t time)
{
	if (actor->plain)
		return;
	thread->depth = 0;
	actor->gaps++;
	world->resumes += !thread->loss; /* after a loss it may be the step that ran before */
	step_begin(world, thread, actor, time);
}

void world_resume(struct world *world, struct thread *thread, struct actor *actor,
                  const struct aw_event *event)
{
	struct actor *outer = thread->current;
	bool born = !actor->step && thread->created_task == actor->id;

	if (actor->plain)
		return;
	if (actor->running)
		gap_begin(world, actor, 0, 0); /* its suspension was not seen */
	if (outer != actor && !outer->plain && outer->running && (world->can & AW_CAN_STEP_ENDS) &&
	    thread->depth < WORLD_NESTING) {
		outer->nested++;
		gap_begin(world, outer, born ? thread->created_site : 0, 0);
		thread->had_nested = true;
		thread->below[thread->depth++] = outer;
		clock_join(&actor->clock, &outer->clock);
		clock_learn(&actor->clock, outer->tag, outer->step);
	} else if (outer != actor && !outer->plain && outer->running) {
		gap_begin(world, outer, 0, 0); /* it must have suspended, unseen */
		outer->running = false;
	}
	if (!thread->depth)
		thread->nested_count = thread->had_nested = 0; /* an outermost step begins */
	world->resumes++;
	step_begin(world, thread, actor, event->time);
	if (thread->depth && born)
		world_step_guards_around(actor, outer);
}

/* A task that suspends in a nested step, is made or is woken goes on only after all of the
 * outermost step, nested ones included: an edge from that step's end. */
void world_nested_note(struct thread *thread, const struct actor *actor)
{
	if (thread->nested_count < WORLD_NESTING)
		thread->nested[thread->nested_count++] = actor->id;
}

static void nested_settle(struct world *world, struct thread *thread, const struct actor *outermost)
{
	for (unsigned i = 0; thread->had_nested && i < thread->nested_count; i++) {
		struct actor *inner = world_task(world, thread->nested[i]);

		if (!inner || inner == outermost)
			continue;
		clock_join(&inner->clock, &outermost->clock);
	}
	thread->had_nested = false;
	thread->nested_count = 0;
}

void world_suspend(struct world *world, struct thread *thread, struct actor *actor,
                   const struct aw_event *event)
{
	if (actor->plain)
		return;
	if (event->arg & AW_ARG_SNAPSHOT)
		world_actor_count(world,
		                  actor); /* a task of this period, though it may never run in it */
	actor->running = false;
	actor->woken = false;
	world_loss_actor(world, actor);
	actor->await = event->arg & AW_ARG_VALUE;
	actor->object = event->object;
	actor->site = event->site;
	actor->deadline = (event->arg & AW_ARG_DEADLINE) || (actor->waiting && actor->deadline);
	gap_begin(world, actor, event->site,
	          actor->waiting && actor->waiting->id == event->object ? actor->waiting->uid : 0);
	actor->since = event->time;
	if (thread->current != actor)
		return;
	if (thread->depth)
		world_nested_note(thread, actor);
	else if (thread->nested_count)
		nested_settle(world, thread, actor);
	step_pop(world, thread, actor);
}

void world_task_end(struct world *world, struct thread *thread, struct actor *actor)
{
	if (actor->plain)
		return;
	signals_put(&world->signals, actor->id, &actor->clock, actor->tag, actor->step);
	if (thread->current == actor && !thread->depth && thread->nested_count)
		nested_settle(world, thread, actor);
	if (thread->current == actor)
		step_pop(world, thread, actor);
	for (unsigned i = 0; i < thread->depth; i++)
		if (thread->below[i] == actor)
			thread->depth = i;
	world_actor_drop(world, actor);
}

void world_callback(struct world *world, struct thread *thread, const struct aw_event *event)
{
	struct actor *outer = thread->current, *plain = thread->plain;
	const struct clock *cause = signals_get(&world->signals, event->object);
	bool nested = outer != plain && outer->running && (world->can & AW_CAN_STEP_ENDS);

	plain->step = ++world->step;
	plain->since = event->time;
	plain->gaps++;
	if (cause)
		plain->clock = *cause; /* who scheduled it is known: only that came before */
	else
		clock_raise(&plain->clock, world->step - 1);
	if (nested) {
		outer->nested++;
		gap_begin(world, outer, event->site, 0);
		outer->learnt = world->order;
	} else {
		thread->nested_count = thread->had_nested = 0;
		thread->current = plain;
		thread->depth = 0;
	}
}
