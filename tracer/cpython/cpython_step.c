/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_step.c - see cpython_step.h.
 */
#include "cpython_step.h"

#include <errno.h>

int cpython_step_commit(struct cpython_stream *stream)
{
	for (size_t i = 0; i < stream->step.count; i++)
		if (event_buffer_add(&stream->ready, &stream->step.events[i]))
			return -ENOMEM;
	stream->step.count = 0;
	return 0;
}

unsigned cpython_deadline_settle(struct cpython_translator *t, struct cpython_stream *stream,
                                 const struct cpython_task *task, const struct cpython_chain *chain)
{
	struct cpython_task *other =
		chain->bounded ? cpython_table_get(&t->tasks, chain->bounded, 0) : NULL;

	if (other)
		other->bounded = true;
	if (!chain->deadline && !task->bounded)
		return 0;
	for (size_t i = 0; i < stream->step.count; i++)
		if (stream->step.events[i].kind == AW_LOCK_WAIT &&
		    stream->step.events[i].task == task->id)
			stream->step.events[i].arg |= AW_ARG_DEADLINE;
	return AW_ARG_DEADLINE;
}

static int step_suspended(struct cpython_translator *t, struct cpython_stream *stream,
                          struct cpython_task *task, const struct cpython_fact *fact,
                          const struct cpython_item *items)
{
	struct cpython_chain chain;
	unsigned await;
	uint64_t object;
	int error;

	cpython_chain_read(t, stream, fact, items, &chain);
	task->site = chain.site;
	cpython_writers_stand(t, task, fact, items);
	if (!task->rooted && chain.count) {
		task->rooted = true;
		if (chain.links[0].code && chain.links[0].code->role == CPYTHON_ROLE_ACQUIRE)
			task->acquires = chain.links[0].item->c;
	}
	error = cpython_section_settle(t, stream, task, fact, items, &chain);
	if (!error)
		error = cpython_pass_settle(t, stream, task, fact->time, &chain);
	if (error)
		return error;
	task->await = cpython_chain_await(t, task, &chain, &object);
	await = task->await | cpython_deadline_settle(t, stream, task, &chain);
	error = cpython_updates_held(t, stream, task, fact, items);
	if (error)
		return error;
	return cpython_emit(stream, fact->time, AW_SUSPEND, await, task->id, object, chain.site);
}

static int step_done(struct cpython_translator *t, struct cpython_stream *stream,
                     struct cpython_task *task, const struct cpython_fact *fact,
                     const struct cpython_item *items)
{
	unsigned outcome = AW_OUTCOME_OK;
	int error = cpython_section_settle(t, stream, task, fact, items, NULL);

	if (!error)
		error = cpython_pass_settle(t, stream, task, fact->time, NULL);
	/* enum fut_state: PENDING 0, CANCELLED 1, FINISHED 2 */
	if (fact->settled == CPYTHON_SETTLED_DONE && (fact->outcome & 0xff) == 1)
		outcome = AW_OUTCOME_CANCELLED;
	else if (fact->settled == CPYTHON_SETTLED_DONE && fact->outcome & 0x100)
		outcome = AW_OUTCOME_ERROR;
	if (!error)
		error = cpython_emit(stream, fact->time, AW_TASK_END, outcome, task->id, 0, 0);
	task->ended = true;
	stream->ended_address = task->address;
	stream->ended = task->id;
	cpython_task_remove(t, task);
	return error;
}

int cpython_step_settle(struct cpython_translator *t, struct cpython_stream *stream,
                        const struct cpython_fact *fact, const struct cpython_item *items)
{
	struct cpython_task *task;
	int error;

	if (fact->settled == CPYTHON_SETTLED_NONE)
		return 0;
	/* Another task was made at its address meanwhile: with that its end was told. That one may
	 * have ended, too. */
	task = cpython_table_get(&t->tasks, fact->last, 0);
	if ((fact->settled == CPYTHON_SETTLED_GONE && task && task->coro != fact->last_coro) ||
	    (stream->replaced == fact->last && stream->replaced_coro == fact->last_coro)) {
		stream->replaced = 0;
		return cpython_section_states(t, stream, NULL, fact, items);
	}
	task = cpython_task_get(t, stream, fact, items, fact->last, fact->last_coro);
	if (!task)
		return -ENOMEM;
	if (fact->settled == CPYTHON_SETTLED_SUSPENDED)
		error = step_suspended(t, stream, task, fact, items);
	else
		error = step_done(t, stream, task, fact, items);
	return error ? error : cpython_step_commit(stream);
}

/* A task whose coroutine is Lock.acquire itself acquires for whoever made it. */
static int step_first(struct cpython_translator *t, struct cpython_stream *stream,
                      struct cpython_task *task, const struct cpython_fact *fact,
                      const struct cpython_item *items)
{
	for (unsigned i = 0; i < fact->count; i++) {
		const struct cpython_code *code;

		if (items[i].kind != CPYTHON_ITEM_CODE)
			continue;
		code = cpython_codes_get(&t->codes, items[i].b);
		task->rooted = true;
		task->root = code;
		if (code && code->role == CPYTHON_ROLE_ACQUIRE)
			task->acquires = items[i].c;
		if (task->acquires && items[i].d)
			return cpython_section_acquire(t, stream, task, fact, items, 0, false);
	}
	return 0;
}

int cpython_step_enter(struct cpython_translator *t, struct cpython_stream *stream,
                       const struct cpython_fact *fact, const struct cpython_item *items)
{
	struct cpython_task *task = cpython_table_get(&t->tasks, fact->task, 0);
	bool first = fact->flags & CPYTHON_ENTER_FIRST;
	int error = 0;

	/* it ended unseen, also where the new one's coroutine is at the old one's address */
	if (task && ((task->coro && task->coro != fact->coro) || (task->ran && first)))
		error = cpython_task_vanish(t, stream, fact->time, task);
	if (error)
		return error;
	task = cpython_task_get(t, stream, fact, items, fact->task, fact->coro);
	if (!task)
		return -ENOMEM;
	task->ran = stream;
	stream->replaced = 0;
	if (cpython_makers_step(&stream->makers, fact, task->id))
		return -ENOMEM;
	cpython_updates_resume(stream, task, fact->flags & CPYTHON_ENTER_EXCEPTION);
	error = cpython_emit(stream, fact->time, AW_RESUME, 0, task->id, 0, 0);
	if (!error)
		error = cpython_section_resume(t, stream, task, fact->time,
		                               fact->flags & CPYTHON_ENTER_EXCEPTION);
	if (!error && first)
		error = step_first(t, stream, task, fact, items);
	return error;
}

int cpython_step_late(struct cpython_translator *t, struct cpython_stream *stream,
                      const struct cpython_fact *fact, const struct cpython_item *items)
{
	struct cpython_task *task =
		cpython_task_get(t, stream, fact, items, fact->task, fact->coro);
	struct cpython_chain chain;
	uint64_t object;
	int error;

	if (!task)
		return -ENOMEM;
	cpython_chain_read(t, stream, fact, items, &chain);
	task->site = chain.site;
	cpython_writers_stand(t, task, fact, items);
	t->late = true;
	error = cpython_section_settle(t, stream, task, fact, items, &chain);
	t->late = false;
	task->await = cpython_chain_await(t, task, &chain, &object);
	/* the step before it on this thread is not settled yet, and may still be corrected */
	return error;
}
