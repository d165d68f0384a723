/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_wakes.c - who made a task ready, and by what.
 */
#include <errno.h>

#include "cpython_step.h"

enum { FUTURE_CANCELLED = 1 }; /* enum fut_state, Modules/_asynciomodule.c */

static const struct cpython_item *wake_item(const struct cpython_fact *fact,
                                            const struct cpython_item *items)
{
	for (unsigned i = 0; i < fact->count; i++)
		if (items[i].kind == CPYTHON_ITEM_WAKE)
			return &items[i];
	return NULL;
}

/* Callers stand innermost first: the site's parent is its caller. */
static uint64_t wake_site(struct cpython_translator *t, struct cpython_stream *stream,
                          const struct cpython_fact *fact, const struct cpython_item *items)
{
	uint64_t site = 0;

	for (unsigned i = fact->count; i-- > 0;)
		if (items[i].kind == CPYTHON_ITEM_CALLER)
			site = cpython_site(t, stream, fact->time,
			                    cpython_codes_get(&t->codes, items[i].b),
			                    items[i].offset, site);
	return site;
}

static unsigned wake_cause(const struct cpython_task *woken, const struct cpython_item *item,
                           bool joined)
{
	if (item->state == FUTURE_CANCELLED)
		return AW_AWAIT_CANCEL;
	if (joined)
		return AW_AWAIT_TASK;
	return woken->await ? woken->await : AW_AWAIT_FUTURE;
}

int cpython_wake_tell(struct cpython_translator *t, struct cpython_stream *stream,
                      const struct cpython_fact *fact, const struct cpython_item *items)
{
	const struct cpython_item *item = wake_item(fact, items);
	struct cpython_task *task;
	bool joined;
	uint32_t by = 0;
	int error;

	if (!item)
		return -EPROTO;
	if (fact->task) {
		task = cpython_task_get(t, stream, fact, items, fact->task, fact->coro);
		if (!task)
			return -ENOMEM;
		by = task->id;
	}
	/* Of the waker only its number is kept: it is gone from here on when another coroutine is
	 * woken at its own address. */
	task = cpython_task_get(t, stream, fact, items, item->a, item->b);
	if (!task)
		return -ENOMEM;
	joined = !by && stream->ended && item->c == stream->ended_address;
	if (joined)
		by = stream->ended;
	error = cpython_emit(stream, fact->time, AW_WAKE, wake_cause(task, item, joined), by,
	                     task->id, joined ? 0 : wake_site(t, stream, fact, items));
	/* outside a step nothing is left to be corrected */
	return error || fact->task ? error : cpython_step_commit(stream);
}
