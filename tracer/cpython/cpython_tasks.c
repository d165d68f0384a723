/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_tasks.c - the tasks the translator knows: made, named, told, given up.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpython_state.h"

void cpython_task_free(void *pointer)
{
	struct cpython_task *task = pointer;

	free(task->passes);
	free(task->held);
	free(task);
}

void cpython_task_remove(struct cpython_translator *t, struct cpython_task *task)
{
	cpython_table_take(&t->tasks, task->address, 0);
	/* It may have ended with a lock locked: then the lock still points to it. */
	if (task->held_count && !cpython_table_put(&t->ended, task->id, 0, task)) {
		task->emptied = &t->emptied;
		return;
	}
	cpython_section_forget(task);
	cpython_task_free(task);
}

void cpython_tasks_sweep(struct cpython_translator *t)
{
	struct cpython_task *task;

	while ((task = t->emptied)) {
		t->emptied = task->next;
		cpython_table_take(&t->ended, task->id, 0);
		cpython_task_free(task);
	}
}

int cpython_task_vanish(struct cpython_translator *t, struct cpython_stream *stream, uint64_t time,
                        struct cpython_task *task)
{
	int error;

	/* it ended on the thread it ran on, after what was told of that last */
	if (task->ran && task->ran != stream) {
		stream = task->ran;
		time = stream->time;
		stream->replaced = task->address;
		stream->replaced_coro = task->coro;
	}
	error = task->ended ? 0 : cpython_section_vanish(stream, task, time);
	if (!error && !task->ended)
		error = cpython_emit(stream, time, AW_TASK_END, AW_OUTCOME_OK, task->id, 0, 0);
	cpython_task_remove(t, task);
	return error;
}

struct cpython_task *cpython_task_make(struct cpython_translator *t, struct cpython_stream *stream,
                                       uint64_t time, uint64_t address, uint64_t coro)
{
	struct cpython_task *task = cpython_table_get(&t->tasks, address, 0);

	if (task && cpython_task_vanish(t, stream, time, task))
		return NULL;
	task = calloc(1, sizeof(*task));
	if (!task)
		return NULL;
	task->address = address;
	task->coro = coro;
	task->id = ++*t->ids;
	if (cpython_table_put(&t->tasks, address, 0, task)) {
		free(task);
		return NULL;
	}
	return task;
}

/* The name that the program copied when it met the task first; "" when it did not. */
static void task_name(const struct cpython_fact *fact, const struct cpython_item *items, char *out,
                      size_t size)
{
	unsigned char raw[64];
	size_t used = 0;
	unsigned kind = 1;

	out[0] = 0;
	for (unsigned i = 0; i < fact->count; i++) {
		if (items[i].kind == CPYTHON_ITEM_NUMBER)
			snprintf(out, size, "Task-%llu", (unsigned long long)items[i].a);
		if (items[i].kind != CPYTHON_ITEM_NAME || items[i].state < 0 ||
		    items[i].state > 32 || used > 32)
			continue;
		kind = items[i].index;
		memcpy(raw + used, &items[i].a, items[i].state);
		used += items[i].state;
	}
	if (used && (kind == 1 || kind == 2 || kind == 4))
		cpython_utf8(out, size, raw, used / kind, kind);
}

int cpython_task_tell(struct cpython_stream *stream, const struct cpython_task *task, uint64_t time,
                      const char *name, uint32_t maker, uint64_t site, bool snapshot)
{
	int error = cpython_emit(stream, time, AW_TASK_NEW, snapshot ? AW_ARG_SNAPSHOT : 0, maker,
	                         task->id, site);

	if (!error && name[0])
		error = cpython_emit_name(stream, time, task->id, AW_ENTITY_TASK, name);
	return error;
}

/* A task that was not known: its first step begins, or more was not seen. */
static struct cpython_task *task_meet(struct cpython_translator *t, struct cpython_stream *stream,
                                      const struct cpython_fact *fact,
                                      const struct cpython_item *items, uint64_t address,
                                      uint64_t coro)
{
	bool first = fact->task == address && fact->flags & CPYTHON_ENTER_FIRST;
	struct cpython_maker maker = {0};
	struct cpython_task *task;
	char name[NAME_SIZE];

	if (first)
		maker = cpython_makers_find(&stream->makers, fact);
	if (maker.task && !maker.id) {
		task = cpython_table_get(&t->tasks, maker.task, 0);
		maker.id = task && task->coro == fact->last_coro ? task->id : 0;
	}
	task = cpython_task_make(t, stream, fact->time, address, coro);
	if (!task)
		return NULL;
	task->maker = maker.task;
	task->maker_id = maker.id;
	task_name(fact, items, name, sizeof(name));
	if (fact->task != address)
		name[0] = 0; /* the name in the fact is another task's */
	if (cpython_task_tell(stream, task, fact->time, name, maker.sure ? maker.id : 0, 0, !first))
		return NULL;
	return task;
}

/* The task a fact is about; defined in the stream when it is met the first time. */
struct cpython_task *cpython_task_get(struct cpython_translator *t, struct cpython_stream *stream,
                                      const struct cpython_fact *fact,
                                      const struct cpython_item *items, uint64_t address,
                                      uint64_t coro)
{
	struct cpython_task *task = cpython_table_get(&t->tasks, address, 0);
	char name[NAME_SIZE];

	if (task && !task->coro)
		task->coro = coro; /* told when it was made, before it had one */
	if (task && task->coro == coro && !task->ended) {
		/* where it is the one that has ended, too, the name may be another's at its address
		 */
		name[0] = 0;
		if (fact->settled == CPYTHON_SETTLED_NONE || fact->last != address)
			task_name(fact, items, name, sizeof(name));
		if (fact->task == address && name[0] &&
		    cpython_emit_name(stream, fact->time, task->id, AW_ENTITY_TASK, name))
			return NULL;
		return task;
	}
	return task_meet(t, stream, fact, items, address, coro);
}
