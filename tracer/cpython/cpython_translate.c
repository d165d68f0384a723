/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_translate.c - see cpython_translate.h. Streams and facts; cpython_step.c has the steps.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpython_state.h"
#include "cpython_step.h"

int cpython_translate_new(const struct cpython_translate_options *options,
                          struct cpython_translator **out)
{
	struct cpython_translator *t = calloc(1, sizeof(*t));
	int error;

	*out = NULL;
	if (!t)
		return -ENOMEM;
	t->options = *options;
	t->ids = options->ids ? options->ids : &t->own_ids;
	error = cpython_fact_log_begin(options->log, &t->options);
	if (!error)
		error = cpython_codes_init(&t->codes, &t->options.memory, options->interpreter,
		                           options->function);
	if (!error)
		error = t->options.lines.line ? cpython_source_told(&t->options.lines, &t->source)
		                              : cpython_source_new(options->pid, &t->source);
	if (error) {
		cpython_codes_fini(&t->codes);
		free(t);
		return error;
	}
	*out = t;
	return 0;
}

static void stream_free(void *pointer)
{
	struct cpython_stream *stream = pointer;

	event_buffer_fini(&stream->ready);
	event_buffer_fini(&stream->step);
	cpython_makers_fini(&stream->makers);
	free(stream);
}

void cpython_translate_free(struct cpython_translator *t)
{
	if (!t)
		return;
	cpython_table_fini(&t->tasks, cpython_task_free);
	cpython_table_fini(&t->ended, cpython_task_free);
	cpython_table_fini(&t->locks, free);
	cpython_table_fini(&t->types, cpython_type_free);
	cpython_table_fini(&t->conditions, NULL);
	cpython_table_fini(&t->c_names, NULL);
	cpython_table_fini(&t->sites, free);
	free(t->site_list);
	cpython_table_fini(&t->streams, stream_free);
	cpython_updates_fini(t);
	free(t->test_name);
	cpython_codes_fini(&t->codes);
	cpython_source_free(t->source);
	free(t);
}

struct cpython_stream *cpython_stream_get(struct cpython_translator *t, uint32_t tid)
{
	struct cpython_stream *stream = cpython_table_get(&t->streams, tid, 0);

	if (stream || (tid && t->streams.count >= CPYTHON_STREAMS_MAX))
		return stream;
	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return NULL;
	stream->tid = tid;
	if (cpython_table_put(&t->streams, tid, 0, stream)) {
		free(stream);
		return NULL;
	}
	return stream;
}

static int fact_new(struct cpython_translator *t, struct cpython_stream *stream,
                    const struct cpython_fact *fact, const struct cpython_item *items)
{
	struct cpython_task *task;
	uint64_t site = 0, address = 0;
	uint32_t maker = 0;

	for (unsigned i = 0; i < fact->count; i++)
		if (items[i].kind == CPYTHON_ITEM_OBJECT)
			address = items[i].a;
	/* callers stand innermost first: the site's parent is its caller */
	for (unsigned i = fact->count; i-- > 0;)
		if (items[i].kind == CPYTHON_ITEM_CALLER)
			site = cpython_site(t, stream, fact->time,
			                    cpython_codes_get(&t->codes, items[i].b),
			                    items[i].offset, site);
	if (!address)
		return -EPROTO;
	if (fact->task) {
		task = cpython_task_get(t, stream, fact, items, fact->task, fact->coro);
		maker = task ? task->id : 0;
	}
	/* The maker is gone from here on when the new task is at its own address. */
	task = cpython_task_make(t, stream, fact->time, address, 0);
	if (!task)
		return -ENOMEM;
	if (maker) {
		task->maker = fact->task;
		task->maker_id = maker;
	}
	return cpython_task_tell(stream, task, fact->time, "", maker, site, false);
}

static int fact_lost(struct cpython_translator *t, struct cpython_stream *stream,
                     const struct cpython_fact *fact)
{
	uint64_t missing = fact->number - stream->next_fact;
	uint64_t from = stream->time;

	t->stats.lost += missing;
	t->stats.missing += missing;
	cpython_makers_forget(&stream->makers);
	return cpython_emit(stream, from, AW_LOST, 0, 0, missing, fact->time);
}

/* Of one thread too many: told as lost by a thread that is not known. */
static int fact_left_out(struct cpython_translator *t, const struct cpython_fact *fact)
{
	struct cpython_stream *stream = cpython_stream_get(t, 0);

	if (!stream)
		return -ENOMEM;
	t->stats.lost++;
	return cpython_emit(stream, fact->time, AW_LOST, 0, 0, 1, fact->time);
}

/* What the fact itself says, once the step before it is settled. */
static int fact_told(struct cpython_translator *t, struct cpython_stream *stream,
                     const struct cpython_fact *fact, const struct cpython_item *items)
{
	struct cpython_task *task = NULL;

	switch (fact->kind) {
	case CPYTHON_FACT_STEP:
		return cpython_step_enter(t, stream, fact, items);
	case CPYTHON_FACT_IDLE:
		return 0;
	case CPYTHON_FACT_LATE:
		return cpython_step_late(t, stream, fact, items);
	case CPYTHON_FACT_TAKE:
		if (fact->task)
			task = cpython_task_get(t, stream, fact, items, fact->task, fact->coro);
		return cpython_section_take(t, stream, task, fact, items);
	case CPYTHON_FACT_AWAIT:
		task = fact->task ? cpython_task_get(t, stream, fact, items, fact->task, fact->coro)
		                  : NULL;
		return task ? cpython_pass_begin(t, stream, task, fact, items) : 0;
	case CPYTHON_FACT_NEW:
		return fact_new(t, stream, fact, items);
	case CPYTHON_FACT_WAKE:
		return cpython_wake_tell(t, stream, fact, items);
	case CPYTHON_FACT_TEST:
		return cpython_test_tell(t, stream, fact, items);
	default:
		return -EPROTO;
	}
}

/* What is asked about the event loop of a step. */
static void loop_ask(const struct cpython_translator *t, const struct cpython_fact *fact,
                     const struct cpython_item *items)
{
	for (unsigned i = 0; i < fact->count; i++)
		if (items[i].kind == CPYTHON_ITEM_LOOP && items[i].a)
			t->options.loop_fn(t->options.context, items[i].a);
	if (fact->flags & CPYTHON_ENTER_FACTORY)
		t->options.loop_fn(t->options.context, 0);
}

int cpython_translate_fact(struct cpython_translator *t, const struct cpython_fact *fact,
                           size_t size)
{
	const struct cpython_item *items = (const void *)(fact + 1);
	struct cpython_stream *stream;
	uint64_t unreadable = t->stats.unreadable, cut = t->stats.cut;
	int error = 0;

	if (size < sizeof(*fact) || fact->count > CPYTHON_ITEMS ||
	    size < sizeof(*fact) + fact->count * sizeof(*items))
		return -EPROTO;
	cpython_fact_log_fact(t->options.log, fact);
	cpython_tasks_sweep(t);
	t->stats.facts++;
	stream = cpython_stream_get(t, fact->tid);
	if (!stream)
		return t->streams.count < CPYTHON_STREAMS_MAX ? -ENOMEM : fact_left_out(t, fact);
	t->codes.now = fact->time;
	if (fact->number > stream->next_fact)
		error = fact_lost(t, stream, fact);
	else if (stream->paused)
		error = cpython_emit(stream, stream->time, AW_LOST, 0, 0, 0, fact->time);
	stream->paused = false;
	stream->next_fact = fact->number + 1;
	if (fact->flags & (CPYTHON_ENTER_LOOP | CPYTHON_ENTER_FACTORY) && t->options.loop_fn)
		loop_ask(t, fact, items);
	if (!error && t->cells)
		error = cpython_updates_written(t, stream, fact, items);
	if (!error && fact->kind != CPYTHON_FACT_LATE)
		error = cpython_step_settle(t, stream, fact, items);
	if (!error)
		error = fact_told(t, stream, fact, items);
	/* A frame whose code is gone, or for which there was no room any more: which locks it held,
	 * and where, is not known. */
	if (!error && (t->stats.unreadable > unreadable || t->stats.cut > cut ||
	               fact->count == CPYTHON_ITEMS)) {
		t->stats.lost++;
		error = cpython_emit(stream, stream->time, AW_LOST, 0, 0, 1, fact->time);
	}
	return error;
}

int cpython_translate_define(struct cpython_translator *t, const struct cpython_define *record,
                             size_t size)
{
	if (!cpython_define_sound(record, size))
		return -EPROTO;
	cpython_fact_log_define(t->options.log, record);
	t->codes.now = record->fact.time;
	return cpython_codes_define(&t->codes, record, size);
}

int cpython_translate_flush(struct cpython_translator *t, bool all, stream_fn fn, void *context,
                            unsigned *batches)
{
	cpython_fact_log_told(t->options.log, all);
	for (size_t i = 0; i < t->streams.room; i++) {
		struct cpython_stream *stream = t->streams.slots[i].value;
		struct stream_batch batch;
		int error;

		if (!stream)
			continue;
		/* It ends between two windows: what came after the last one was not seen. */
		if (all && stream->paused &&
		    cpython_emit(stream, stream->time, AW_LOST, 0, 0, 0, stream->time))
			return -ENOMEM;
		if (all && (cpython_updates_missed(t, stream) || cpython_step_commit(stream)))
			return -ENOMEM;
		if (!stream->ready.count)
			continue;
		batch = (struct stream_batch){t->options.pid, stream->tid, stream->next_event,
		                              stream->ready.events, stream->ready.count};
		stream->next_event += stream->ready.count;
		t->stats.events += stream->ready.count;
		error = fn(context, &batch);
		stream->ready.count = 0;
		if (error)
			return error;
		if (batches)
			(*batches)++;
	}
	return 0;
}

static void stream_pause(struct cpython_stream *stream)
{
	stream->paused = true;
	cpython_makers_forget(&stream->makers);
}

void cpython_translate_pause(struct cpython_translator *t)
{
	cpython_fact_log_pause(t->options.log);
	for (size_t i = 0; i < t->tasks.room; i++) {
		struct cpython_task *task = t->tasks.slots[i].value;

		if (!task)
			continue;
		cpython_section_forget(task);
		task->waiting = task->blocked = task->waits_condition = NULL;
		task->pass_count = 0;
	}
	for (size_t i = 0; i < t->locks.room; i++)
		if (t->locks.slots[i].value)
			((struct cpython_lock *)t->locks.slots[i].value)->known = false;
	for (size_t i = 0; i < t->streams.room; i++)
		if (t->streams.slots[i].value)
			stream_pause(t->streams.slots[i].value);
}

void cpython_translate_missed(struct cpython_translator *t)
{
	cpython_fact_log_missed(t->options.log);
	for (size_t i = 0; i < t->streams.room; i++)
		if (t->streams.slots[i].value)
			cpython_makers_forget(
				&((struct cpython_stream *)t->streams.slots[i].value)->makers);
}

void cpython_translate_cells(struct cpython_translator *t, struct cpython_cells *cells)
{
	cpython_fact_log_watch(t->options.log, cells);
	t->cells = cells;
}

int cpython_translate_type(struct cpython_translator *t, uint64_t address)
{
	cpython_fact_log_type(t->options.log, address);
	return cpython_type_get(t, address) ? 0 : -ENOMEM;
}

const struct cpython_memory *cpython_translate_memory(const struct cpython_translator *t)
{
	return &t->options.memory;
}

struct cpython_codes *cpython_translate_codes(struct cpython_translator *t)
{
	return &t->codes;
}

void cpython_translate_stats(const struct cpython_translator *t,
                             struct cpython_translate_stats *out)
{
	*out = t->stats;
	out->kept = t->ended.count;
}
