/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world.c - threads, actors, steps and happens-before.
 *
 * Who runs is what the record's `task` says. RESUME and SUSPEND move it, but a
 * source that does not see the end of steps, or a loss, cannot bring the model
 * out of step for longer than one event.
 */
#include "world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event_table.h"
#include "world_locks.h"

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
	world->identities = calloc(WORLD_IDENTITIES, sizeof(*world->identities));
	if (!world->identities)
		return -ENOMEM;
	return signals_init(&world->signals);
}

void world_fini(struct world *world)
{
	for (uint32_t i = 0; world->identities && i < world->identity_count; i++)
		free(world->identities[i].name);
	free(world->identities);
	/* actor_drop empties used_more, so this does no harm to what is free already. */
	for (uint32_t i = 0; i < world->actors.made; i++)
		idmap_fini(&((struct actor *)slab_at(&world->actors, i))->used_more);
	for (uint32_t i = 0; i < world->thread_count; i++)
		free(world->threads[i].departed);
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
}

/* ---- actors and threads ---- */

static struct actor *actor_make(struct world *world, uint64_t id, uint32_t thread)
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
	return actor;
}

struct actor *world_task(const struct world *world, uint64_t id)
{
	uint32_t index = idmap_get(&world->actor_by_id, id);

	return index == IDMAP_NONE ? NULL : slab_at(&world->actors, index);
}

static void actor_count(struct world *world, struct actor *actor)
{
	world->tasks += !actor->counted;
	actor->counted = true;
}

static struct actor *actor_get(struct world *world, struct thread *thread, uint64_t id)
{
	struct actor *actor = world_task(world, id);

	if (!actor)
		actor = actor_make(world, id, thread->number);
	return actor ? actor : thread->plain; /* no memory: world->error stops the analysis */
}

struct thread *world_thread(struct world *world, uint32_t tid)
{
	struct thread *thread;

	for (uint32_t i = 0; i < world->thread_count; i++)
		if (world->threads[i].tid == tid)
			return &world->threads[i];
	if (world->thread_count == WORLD_THREADS)
		return &world->threads[WORLD_THREADS - 1];
	thread = &world->threads[world->thread_count];
	thread->tid = tid;
	thread->number = world->thread_count;
	thread->plain = actor_make(world, WORLD_PLAIN + thread->number, thread->number);
	thread->departed = calloc(1, sizeof(*thread->departed));
	if (!thread->plain || !thread->departed) {
		free(thread->departed);
		world->error = -ENOMEM;
		return NULL;
	}
	thread->departed->plain = true;
	thread->departed->thread = thread->number;
	thread->departed->entries = SLAB_NONE;
	world->thread_count++;
	thread->current = thread->plain;
	thread->plain->step = ++world->step;
	clock_raise(&thread->plain->clock, world->step - 1);
	return thread;
}

/* ---- steps ---- */

static void gap_begin(struct world *world, struct actor *actor, uint64_t site)
{
	actor->gap_site[actor->gaps % WORLD_GAP_SITES] = site;
	actor->gap_order[actor->gaps % WORLD_GAP_SITES] = world->order;
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
	actor_count(world, actor);
	world->resumes++;
	actor->thread = thread->number;
	actor->since = time;
	world_step_guards_reset(actor);
	if (time < world->loss_until)
		world->loss_step = actor->step;
	thread->current = actor;
}

/* The thread runs plain code from now on. Nothing tells who caused it, so all of the past counts.
 */
static void plain_begin(struct world *world, struct thread *thread)
{
	struct actor *plain = thread->plain;

	plain->step = ++world->step;
	plain->running = true;
	clock_raise(&plain->clock, world->step - 1);
	thread->current = plain;
}

/* The step on top of the thread has ended: what it was nested in goes on. `inner` NULL: unseen. */
static void step_pop(struct world *world, struct thread *thread, const struct actor *inner)
{
	struct actor *outer;

	if (!thread->depth) {
		plain_begin(world, thread);
		return;
	}
	outer = thread->below[--thread->depth];
	outer->step = ++world->step;
	world_step_guards_reset(outer);
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
		return actor_get(world, thread, task);
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
	step_begin(world, thread, actor, time);
}

static void resume(struct world *world, struct thread *thread, struct actor *actor,
                   const struct aw_event *event)
{
	struct actor *outer = thread->current;

	if (actor->plain)
		return;
	if (actor->running)
		gap_begin(world, actor, 0); /* its suspension was not seen */
	if (outer != actor && !outer->plain && outer->running && (world->can & AW_CAN_STEP_ENDS) &&
	    thread->depth < WORLD_NESTING) {
		gap_begin(world, outer,
		          thread->created_task == actor->id ? thread->created_site : 0);
		thread->below[thread->depth++] = outer;
		clock_join(&actor->clock, &outer->clock);
		clock_learn(&actor->clock, outer->tag, outer->step);
	} else if (outer != actor && !outer->plain && outer->running) {
		gap_begin(world, outer, 0); /* it must have suspended, unseen */
		outer->running = false;
	}
	step_begin(world, thread, actor, event->time);
}

/* A task that suspends in a nested step goes on only after all of the outermost step, which is
 * atomic to it from then on: an edge from that step's end. */
static void nested_note(struct thread *thread, const struct actor *actor)
{
	if (thread->nested_count < WORLD_NESTING)
		thread->nested[thread->nested_count++] = actor->id;
}

static void nested_settle(struct world *world, struct thread *thread, const struct actor *outermost)
{
	for (unsigned i = 0; i < thread->nested_count; i++) {
		struct actor *inner = world_task(world, thread->nested[i]);

		if (!inner || inner == outermost)
			continue;
		clock_join(&inner->clock, &outermost->clock);
		clock_learn(&inner->clock, outermost->tag, outermost->step);
	}
	thread->nested_count = 0;
}

static void suspend(struct world *world, struct thread *thread, struct actor *actor,
                    const struct aw_event *event)
{
	if (actor->plain)
		return;
	if (event->arg & AW_ARG_SNAPSHOT)
		actor_count(world,
		            actor); /* a task of this period, though it may never run in it */
	actor->running = false;
	actor->woken = false;
	actor->await = event->arg & AW_ARG_VALUE;
	actor->object = event->object;
	actor->site = event->site;
	actor->deadline = (event->arg & AW_ARG_DEADLINE) || (actor->waiting && actor->deadline);
	gap_begin(world, actor, event->site);
	actor->since = event->time;
	if (thread->current != actor)
		return;
	if (thread->depth)
		nested_note(thread, actor);
	else if (thread->nested_count)
		nested_settle(world, thread, actor);
	step_pop(world, thread, actor);
}

static void actor_drop(struct world *world, struct actor *actor)
{
	if (world->hooks.actor_end)
		world->hooks.actor_end(world->hooks.context, actor);
	world_sections_orphan(world, actor);
	idmap_fini(&actor->used_more);
	idmap_remove(&world->actor_by_id, actor->id);
	slab_give(&world->actors, actor->index);
}

static void task_end(struct world *world, struct thread *thread, struct actor *actor)
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
	actor_drop(world, actor);
}

static void callback(struct world *world, struct thread *thread, const struct aw_event *event)
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
		gap_begin(world, outer, event->site);
		outer->step = ++world->step;
	} else {
		thread->current = plain;
		thread->depth = 0;
	}
}

/* ---- happens-before ---- */

static void edge(struct actor *to, const struct actor *from)
{
	if (to == from)
		return;
	clock_join(&to->clock, &from->clock);
	clock_learn(&to->clock, from->tag, from->step);
}

static void task_new(struct world *world, struct thread *thread, const struct actor *creator,
                     const struct aw_event *event)
{
	struct actor *task = world_task(world, event->object);
	bool snapshot = event->arg & AW_ARG_SNAPSHOT;

	if (!event->object || event->object >= WORLD_PLAIN)
		return;
	if (task && !snapshot && !task->named_only) {
		actor_drop(world, task); /* the id is used again: its end was not seen */
		task = NULL;
	}
	if (!task && snapshot && signals_get(&world->signals, event->object))
		return; /* it has ended, and is spoken of once more */
	if (!task)
		task = actor_make(world, event->object, thread->number);
	if (!task)
		return;
	if (!snapshot) {
		task->unsure = false;
		actor_count(world, task);
		edge(task, creator);
	}
	thread->created_task = event->object;
	thread->created_site = event->site;
}

static bool wake_orders(const struct world *world, const struct actor *woken, unsigned cause)
{
	const struct lock *semaphore;

	if (cause != AW_AWAIT_SEMAPHORE)
		return event_await_orders(cause);
	semaphore = world_lock(world, woken->object);
	return semaphore && !semaphore->permits;
}

static void wake(struct world *world, struct thread *thread, const struct actor *waker,
                 const struct aw_event *event)
{
	struct actor *woken;

	if (!event->object || event->object >= WORLD_PLAIN)
		return;
	woken = actor_get(world, thread, event->object);
	woken->woken = !woken->running;
	if (wake_orders(world, woken, event->arg & AW_ARG_VALUE))
		edge(woken, waker);
}

/*
 * What the canceller does from here on cannot come between two things that the
 * cancelled task did before: had it come earlier, so would the cancel, and the
 * second would not have happened.
 */
static void cancel(const struct world *world, struct actor *canceller, const struct aw_event *event)
{
	const struct actor *target = world_task(world, event->object);
	uint32_t tag = clock_tag(event->object);
	uint64_t step = target ? target->step : signals_step(&world->signals, event->object);

	if (target != canceller && step)
		clock_learn(&canceller->clock, tag, step);
}

static void lost(struct world *world, struct thread *thread, const struct aw_event *event)
{
	thread->loss = world->loss_order = world->order;
	thread->lost += event->object;
	world->lost += event->object;
	world->pauses += !event->object;
	world->loss_step = world->step;
	if (event->site > world->loss_until)
		world->loss_until = event->site;
	for (uint32_t i = 0; i < world->actors.made; i++) {
		struct actor *actor = slab_at(&world->actors, i);

		if (world_task(world, actor->id) == actor && actor->thread == thread->number) {
			actor->unsure = true;
			actor->running = false;
			actor->waiting = NULL;
		}
	}
	world_locks_lost(world, thread);
	thread->depth = 0;
	plain_begin(world, thread);
	world->loss_step = world->step;
}

static void observe(struct world *world, struct actor *actor, const struct aw_event *event)
{
	signals_observe(&world->signals, event->object, &actor->clock);
	actor->learnt = world->order;
	if (world->orphan_count)
		world_sections_adopt(world, actor, event->object);
}

static bool take_interval(struct thread *thread, const struct aw_event *event)
{
	bool inferred =
		thread->interval || (event->kind >= AW_LOCK_WAIT && event->kind <= AW_LOCK_GIVEUP &&
	                             (event->arg & AW_ARG_INFERRED));

	thread->interval = event->kind == AW_INTERVAL;
	return inferred;
}

static void see_time(struct world *world, struct thread *thread, uint64_t time)
{
	if (!time)
		return;
	thread->time = time;
	if (!world->started || time < world->started)
		world->started = time;
	if (time > world->now)
		world->now = time;
}

void world_event(struct world *world, struct thread *thread, struct actor *actor,
                 const struct aw_event *event)
{
	bool inferred = take_interval(thread, event);

	see_time(world, thread, event->time);
	switch (event->kind) {
	case AW_RESUME:
		resume(world, thread, actor, event);
		return;
	case AW_LOST:
		lost(world, thread, event);
		return;
	case AW_TARGET:
		world->can = event->site;
		world->runtime = event->arg & AW_ARG_VALUE;
		return;
	case AW_CALLBACK:
		callback(world, thread, event);
		return;
	case AW_SITE:
	case AW_NAME:
	case AW_TEXT:
	case AW_THREAD:
	case AW_MODULE:
	case AW_INTERVAL:
		return;
	default:
		break;
	}
	if (!actor->running && event->kind >= AW_LOCK_WAIT && event->kind <= AW_OBSERVE &&
	    !(event->arg & AW_ARG_SNAPSHOT))
		world_step_assume(world, thread, actor, event->time);
	switch (event->kind) {
	case AW_TASK_NEW:
		task_new(world, thread, actor, event);
		break;
	case AW_TASK_END:
		task_end(world, thread, actor);
		break;
	case AW_SUSPEND:
		suspend(world, thread, actor, event);
		break;
	case AW_WAKE:
		wake(world, thread, actor, event);
		break;
	case AW_SIGNAL:
		signals_put(&world->signals, event->object, &actor->clock, actor->tag, actor->step);
		break;
	case AW_CANCEL:
		cancel(world, actor, event);
		break;
	case AW_OBSERVE:
		observe(world, actor, event);
		break;
	default:
		if (event->kind >= AW_LOCK_NEW && event->kind <= AW_LOCK_GIVEUP)
			world_lock_event(world, thread, actor, event, inferred);
		break;
	}
}
