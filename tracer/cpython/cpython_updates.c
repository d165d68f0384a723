/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_updates.c - cells that are watched over awaits become READ and WRITE events.
 *
 * READ: the task suspends in a window of the source, and so holds the value
 * read there. WRITE by the reader: its next step has ended and the cell
 * changed in it; or the source says that the write comes next, and another
 * had written meanwhile, so that it may have written what stood there already
 * (AW_ARG_SAME). WRITE by another: the cell changed while it was held; the step
 * that ended then made it, or a callback behind it: inferred, unless that
 * step's own window or function is known to write the cell.
 */
#include <errno.h>
#include <string.h>

#include "cpython_session.h"
#include "cpython_state.h"
#include "base/hash.h"

enum { UNWATCHED_EVERY = 65536 };

static uint64_t read_place(struct cpython_translator *t, struct cpython_stream *stream,
                           uint64_t time, const struct aw_watch_window *w)
{
	return cpython_place(t, stream, time, w->function, w->file, w->read_line, "");
}

static uint64_t write_place(struct cpython_translator *t, struct cpython_stream *stream,
                            uint64_t time, const struct aw_watch_window *w)
{
	return cpython_place(t, stream, time, w->write_function, w->write_file, w->write_line, "");
}

/* One cell of one object: the object, told apart by name and type in bits no address uses, for
 * another object may come to lie there. */
static uint64_t address_of(const struct aw_watch_window *w, const struct cpython_item *item)
{
	uint64_t hash = hash_text(HASH_TEXT ^ item->d, w->path);

	return item->a ^ ((hash ^ hash >> 32) & 0x7fff) << 48;
}

static int name_tell(struct cpython_translator *t, struct cpython_stream *stream, uint64_t time,
                     const struct cpython_hold *hold)
{
	const char *before = cpython_table_get(&t->named, hold->address, 0);
	int error = 0;

	if (before && !strcmp(before, hold->window->object))
		return 0;
	if (cpython_table_put(&t->named, hold->address, 0, (void *)hold->window->object))
		return -ENOMEM;
	if (before) /* another object lies there now */
		error = cpython_emit(stream, time, AW_FORGET, 0, 0, hold->address, 1);
	return error ? error
	             : cpython_emit_name(stream, time, hold->address, AW_ENTITY_LOCATION,
	                                 hold->window->object);
}

static struct cpython_hold *hold_of(struct cpython_stream *stream, const struct cpython_item *item)
{
	struct cpython_hold *hold =
		item->index < CPYTHON_CELLS ? &stream->holds[item->index] : NULL;

	return hold && hold->window && hold->generator == item->b ? hold : NULL;
}

/* Does the frame stand at a later await of the same window now? Then nothing was written yet. */
static bool held_on(const struct cpython_translator *t, const struct cpython_hold *hold,
                    const struct cpython_fact *fact, const struct cpython_item *items)
{
	for (unsigned i = 0; i < fact->count; i++) {
		const struct aw_watch_window *w;

		if (items[i].kind != CPYTHON_ITEM_CELL || items[i].flags != CPYTHON_CELL_ARMED ||
		    items[i].b != hold->generator)
			continue;
		w = cpython_cells_window(t->cells, (uint32_t)items[i].offset);
		if (w && w->group == hold->window->group && w->nth > hold->window->nth)
			return true;
	}
	return false;
}

/*
 * An access of the step under way by its own task, told before what followed it. Under the locks
 * that were held over the await it stands right behind the resume; where there were none, it may
 * have been made under one that was taken since.
 */
static int own_access_put(struct cpython_stream *stream, const struct cpython_task *task,
                          const struct cpython_hold *hold, enum aw_kind kind, unsigned arg,
                          uint64_t site)
{
	struct event_buffer *step = &stream->step;
	bool taken = false;
	size_t at;

	for (at = step->count; at && !(step->events[at - 1].kind == AW_RESUME &&
	                               step->events[at - 1].task == task->id);
	     at--)
		taken |= step->events[at - 1].kind == AW_LOCK_TAKEN &&
		         step->events[at - 1].task == task->id;
	if (cpython_emit(stream, stream->time, kind, arg, task->id, hold->address, site))
		return -ENOMEM;
	if (at && (hold->locked || !taken)) {
		struct aw_event event = step->events[step->count - 1];

		event.time = step->events[at - 1].time;
		memmove(&step->events[at + 1], &step->events[at],
		        (step->count - 1 - at) * sizeof(event));
		step->events[at] = event;
	}
	return 0;
}

/* The step that went on inside the loop has ended, and nothing stood between: the next step of the
 * iteration was taken, and found another number of entries than it began with. */
static int iteration_goes_on(struct cpython_translator *t, struct cpython_stream *stream,
                             const struct cpython_task *task, const struct cpython_fact *fact,
                             struct cpython_hold *hold)
{
	bool sure = hold->value != hold->held && hold->window->flags & AW_WATCH_ALWAYS &&
	            !hold->exception;
	uint64_t site = sure ? write_place(t, stream, fact->time, hold->window) : 0;

	hold->window = NULL;
	return site ? own_access_put(stream, task, hold, AW_READ, AW_ARG_USE | AW_ARG_ITERATE, site)
	            : 0;
}

/* The reader's own step has ended. */
static int own_written(struct cpython_translator *t, struct cpython_stream *stream,
                       const struct cpython_task *task, const struct cpython_fact *fact,
                       const struct cpython_item *items, const struct cpython_item *item)
{
	struct cpython_hold *hold = hold_of(stream, item);
	bool seen = item->state == 1, sure;
	uint64_t site;

	if (!hold || !task || hold->task != task->id)
		return 0;
	if (!seen && held_on(t, hold, fact, items)) {
		hold->carried = true;
		return 0;
	}
	if (hold->window->flags & AW_WATCH_ITERATE)
		return iteration_goes_on(t, stream, task, fact, hold);
	sure = hold->changed && hold->window->flags & AW_WATCH_ADDS &&
	       hold->window->flags & AW_WATCH_ALWAYS && !hold->exception;
	site = seen || sure ? write_place(t, stream, fact->time, hold->window) : 0;
	if (site && own_access_put(stream, task, hold, AW_WRITE, seen ? 0 : AW_ARG_SAME, site))
		return -ENOMEM;
	hold->window = NULL;
	return 0;
}

/* Was what was checked written by a task that its reader made? Without wake-ups it is not known
 * whether the reader waits for just that (gather, wait_for, a TaskGroup, ...). */
static bool written_for(const struct cpython_translator *t, const struct cpython_task *task,
                        const struct cpython_hold *hold)
{
	return t->options.detail < CPYTHON_ALL && hold->window->flags & AW_WATCH_GUARD && task &&
	       task->maker_id && task->maker_id == hold->task;
}

/* Another has written it. */
static int other_written(struct cpython_translator *t, struct cpython_stream *stream,
                         const struct cpython_task *task, const struct cpython_fact *fact,
                         const struct cpython_item *items, const struct cpython_item *item)
{
	struct cpython_hold *hold = hold_of(stream, item);
	bool inferred;
	uint64_t site;

	if (!hold || written_for(t, task, hold))
		return 0;
	hold->changed = true;
	hold->value = item->c;
	for (size_t i = 0; i < stream->step.count; i++) /* told already, for another reader */
		if (stream->step.events[i].kind == AW_WRITE &&
		    stream->step.events[i].object == hold->address &&
		    stream->step.events[i].task == (task ? task->id : 0) &&
		    !(stream->step.events[i].arg & AW_ARG_SAME))
			return 0;
	site = task ? cpython_writer_known(t, stream, task, fact, items, hold, item->a) : 0;
	inferred = !site;
	if (inferred && task)
		site = cpython_writer_step(t, stream, task, fact, items);
	if (inferred && cpython_emit_interval(stream, fact->time, task ? task->id : 0,
	                                      task ? fact->last_entered : stream->time, fact->time))
		return -ENOMEM;
	return cpython_emit(stream, fact->time, AW_WRITE, inferred ? AW_ARG_INFERRED : 0,
	                    task ? task->id : 0, hold->address, site);
}

int cpython_updates_written(struct cpython_translator *t, struct cpython_stream *stream,
                            const struct cpython_fact *fact, const struct cpython_item *items)
{
	const struct cpython_task *task = NULL;
	bool any = false;
	int error = 0;

	for (unsigned i = 0; i < fact->count; i++)
		any |= items[i].kind == CPYTHON_ITEM_CELL;
	if (!any)
		return 0;
	if (fact->settled != CPYTHON_SETTLED_NONE) {
		task = cpython_task_get(t, stream, fact, items, fact->last, fact->last_coro);
		if (!task)
			return -ENOMEM;
	}
	for (unsigned i = 0; i < fact->count && !error; i++)
		if (items[i].kind == CPYTHON_ITEM_CELL && items[i].flags == CPYTHON_CELL_OWN)
			error = own_written(t, stream, task, fact, items, &items[i]);
	for (unsigned i = 0; i < fact->count && !error; i++) {
		if (items[i].kind != CPYTHON_ITEM_CELL)
			continue;
		if (items[i].flags == CPYTHON_CELL_CHANGED)
			error = other_written(t, stream, task, fact, items, &items[i]);
		else if (items[i].flags == CPYTHON_CELL_DROPPED && hold_of(stream, &items[i]))
			stream->holds[items[i].index].window = NULL;
		t->unwatched += items[i].flags == CPYTHON_CELL_FULL ||
		                items[i].flags == CPYTHON_CELL_DROPPED;
	}
	if (!error && t->unwatched >= UNWATCHED_EVERY)
		error = cpython_updates_missed(t, stream);
	return error;
}

/* Without wake-ups it is not known whether the writer is who the task waited for: a message. */
static bool may_be_message(const struct cpython_translator *t, const struct cpython_task *task)
{
	return t->options.detail < CPYTHON_ALL &&
	       (task->await == AW_AWAIT_EVENT || task->await == AW_AWAIT_CONDITION ||
	        task->await == AW_AWAIT_QUEUE || task->await == AW_AWAIT_TASK);
}

static int hold_begin(struct cpython_translator *t, struct cpython_stream *stream,
                      const struct cpython_task *task, const struct cpython_fact *fact,
                      const struct cpython_item *item)
{
	const struct aw_watch_window *w = cpython_cells_window(t->cells, (uint32_t)item->offset);
	struct cpython_hold *hold = &stream->holds[item->index];
	bool guard = w && w->flags & AW_WATCH_GUARD, carried = false, changed = false;
	uint64_t held = item->c, site;
	int error;

	if (!w)
		return 0;
	for (unsigned i = 0; i < CPYTHON_CELLS; i++) {
		struct cpython_hold *before = &stream->holds[i];

		if (!before->window || !before->carried || before->generator != item->b ||
		    before->window->group != w->group)
			continue;
		carried = true;
		changed = before->changed;
		held = before->held;
		before->window = NULL;
	}
	*hold = (struct cpython_hold){.window = w,
	                              .task = task->id,
	                              .generator = item->b,
	                              .address = address_of(w, item),
	                              .changed = changed,
	                              .held = held,
	                              .value = item->c,
	                              .locked = task->held_count > 0};
	if (carried || (guard && may_be_message(t, task)))
		return 0;
	error = name_tell(t, stream, fact->time, hold);
	site = error ? 0 : read_place(t, stream, fact->time, w);
	/* defined now: the write is told at the start of the step it is made in */
	if (error || !site || !write_place(t, stream, fact->time, w))
		return -ENOMEM;
	return cpython_emit(stream, fact->time, AW_READ, guard ? AW_ARG_TEST : 0, task->id,
	                    hold->address, site);
}

int cpython_updates_held(struct cpython_translator *t, struct cpython_stream *stream,
                         const struct cpython_task *task, const struct cpython_fact *fact,
                         const struct cpython_item *items)
{
	int error = 0;

	for (unsigned i = 0; t->cells && i < fact->count && !error; i++)
		if (items[i].kind == CPYTHON_ITEM_CELL && items[i].flags == CPYTHON_CELL_ARMED &&
		    items[i].index < CPYTHON_CELLS)
			error = hold_begin(t, stream, task, fact, &items[i]);
	for (unsigned i = 0; i < CPYTHON_CELLS; i++)
		if (stream->holds[i].carried && stream->holds[i].task == task->id)
			stream->holds[i] = (struct cpython_hold){0}; /* there was no room for it */
	return error;
}

void cpython_updates_resume(struct cpython_stream *stream, const struct cpython_task *task,
                            bool exception)
{
	for (unsigned i = 0; i < CPYTHON_CELLS; i++)
		if (stream->holds[i].window && stream->holds[i].task == task->id)
			stream->holds[i].exception = exception;
}

int cpython_updates_missed(struct cpython_translator *t, struct cpython_stream *stream)
{
	uint64_t count = t->unwatched;

	if (!count)
		return 0;
	t->unwatched = 0;
	return cpython_emit(stream, stream->time, AW_UNWATCHED, 0, 0, count, 0);
}

void cpython_updates_fini(struct cpython_translator *t)
{
	cpython_table_fini(&t->places, NULL);
	cpython_table_fini(&t->named, NULL);
}
