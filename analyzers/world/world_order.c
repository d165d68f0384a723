/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world_order.c - the edges of happens-before; docs/theory.md says which and why.
 */
#include "event/event_table.h"
#include "world_locks.h"
#include "world_loss.h"
#include "world_parts.h"

static void edge(struct actor *to, const struct actor *from)
{
	if (to == from)
		return;
	clock_join(&to->clock, &from->clock);
	clock_learn(&to->clock, from->tag, from->step);
}

void world_task_new(struct world *world, struct thread *thread, const struct actor *creator,
                    const struct aw_event *event)
{
	struct actor *task = world_task(world, event->object);
	bool snapshot = event->arg & AW_ARG_SNAPSHOT;

	if (!event->object || event->object >= WORLD_PLAIN)
		return;
	if (task && !snapshot && !task->named_only) {
		world_actor_drop(world, task); /* the id is used again: its end was not seen */
		task = NULL;
	}
	if (!task && snapshot && signals_get(&world->signals, event->object))
		return; /* it has ended, and is spoken of once more */
	if (!task)
		task = world_actor_make(world, event->object, thread->number);
	if (!task)
		return;
	if (!snapshot) {
		task->unsure = false;
		world_loss_actor(world, task);
		world_actor_count(world, task);
		edge(task, creator);
		world_nested_note(thread, task);
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

void world_wake(struct world *world, struct thread *thread, const struct actor *waker,
                const struct aw_event *event)
{
	struct actor *woken;

	if (!event->object || event->object >= WORLD_PLAIN)
		return;
	woken = world_actor_get(world, thread, event->object);
	woken->woken = !woken->running;
	if (!wake_orders(world, woken, event->arg & AW_ARG_VALUE))
		return;
	edge(woken, waker);
	if (woken->thread == thread->number && !woken->running)
		world_nested_note(thread, woken);
}

/*
 * What the canceller does from here on cannot come between two things that the
 * cancelled task did before: had it come earlier, so would the cancel, and the
 * second would not have happened.
 */
void world_cancel(const struct world *world, struct actor *canceller, const struct aw_event *event)
{
	const struct actor *target = world_task(world, event->object);
	uint32_t tag = clock_tag(event->object);
	uint64_t step = target ? target->step : signals_step(&world->signals, event->object);

	if (target != canceller && step)
		clock_learn(&canceller->clock, tag, step);
}

void world_observe(struct world *world, struct actor *actor, const struct aw_event *event)
{
	signals_observe(&world->signals, event->object, &actor->clock);
	actor->learnt = world->order;
	if (world->orphan_count)
		world_sections_adopt(world, actor, event->object);
}
