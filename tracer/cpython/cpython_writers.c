/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_writers.c - where a step wrote a cell: the function and line that are known to write it,
 * or from which await to which one the step ran.
 */
#include <stdio.h>
#include <string.h>

#include "cpython_state.h"
#include "base/hash.h"

#define PLACE_BIT (1ull << 62) /* ids of places in the source, apart from those of sites */

/* The id of a line of a function, told in this stream when it is new; 0: out of memory. */
uint64_t cpython_place(struct cpython_translator *t, struct cpython_stream *stream, uint64_t time,
                       const char *function, const char *file, uint32_t line, const char *label)
{
	uint64_t hash = hash_text(HASH_TEXT, function), id;
	int error;

	hash = hash_text(hash_text(hash, file), label) ^ line * 0x9e3779b97f4a7c15ull;
	id = PLACE_BIT | ((hash ^ hash >> 33) & (PLACE_BIT - 1));
	if (cpython_table_get(&t->places, id, 0))
		return id;
	if (cpython_table_put(&t->places, id, 0, t))
		return 0;
	error = cpython_emit(stream, time, AW_SITE, 0, line, id, 0);
	if (!error)
		error = event_buffer_text(&stream->step, stream->time, AW_TEXT_FUNCTION, function,
		                          strlen(function));
	if (!error)
		error = event_buffer_text(&stream->step, stream->time, AW_TEXT_FILE, file,
		                          strlen(file));
	if (!error && label[0])
		error = event_buffer_text(&stream->step, stream->time, AW_TEXT_LABEL, label,
		                          strlen(label));
	if (!error)
		error = cpython_emit_waiver(t, stream, file, line);
	return error ? 0 : id;
}

/* The innermost site of a chain that is in the program's own code, else the innermost. */
static const struct cpython_site *site_own(const struct cpython_translator *t, uint64_t id)
{
	const struct cpython_site *site = cpython_site_get(t, id), *own = site;

	while (own && cpython_cells_standard(t->cells, own->code->file))
		own = cpython_site_get(t, own->parent);
	return own ? own : site;
}

/* The innermost frame, in the program's own code, of the task that has suspended; NULL: none. */
static const struct cpython_item *frame_own(struct cpython_translator *t,
                                            const struct cpython_fact *fact,
                                            const struct cpython_item *items,
                                            const struct cpython_code **out)
{
	const struct cpython_item *own = NULL;

	for (unsigned i = 0; i < fact->count; i++) {
		const struct cpython_code *code =
			items[i].kind == CPYTHON_ITEM_FRAME &&
					!(items[i].flags & CPYTHON_FRAME_SIDE)
				? cpython_codes_get(&t->codes, items[i].b)
				: NULL;

		if (!code || cpython_cells_standard(t->cells, code->file))
			continue;
		own = &items[i];
		*out = code;
	}
	return own;
}

void cpython_writers_stand(struct cpython_translator *t, struct cpython_task *task,
                           const struct cpython_fact *fact, const struct cpython_item *items)
{
	task->writer_count = 0;
	for (unsigned i = fact->count; t->cells && i--;) {
		const struct cpython_code *code = items[i].kind == CPYTHON_ITEM_FRAME && items[i].c
		                                          ? cpython_codes_get(&t->codes, items[i].b)
		                                          : NULL;

		if (!code || !cpython_cells_writer(t->cells, code))
			continue;
		task->writers[task->writer_count++] = (struct cpython_writer){
			code, items[i].c, cpython_code_line(code, items[i].offset)};
		if (task->writer_count == CPYTHON_TASK_WRITERS)
			break;
	}
}

/* The line behind its await where a function in which the task went on, and which may have ended
 * since, writes the cell of this very object; 0: none. */
static uint64_t writer_went_on(struct cpython_translator *t, struct cpython_stream *stream,
                               const struct cpython_task *task, const struct cpython_fact *fact,
                               const struct cpython_hold *hold, uint64_t object)
{
	for (unsigned i = 0; i < task->writer_count; i++) {
		const struct cpython_writer *w = &task->writers[i];
		uint32_t line = w->self == object
		                        ? cpython_cells_writes(t->cells, hold->window,
		                                               w->code->file, w->code->function)
		                        : 0;

		if (line > w->await)
			return cpython_place(t, stream, fact->time, w->code->function,
			                     w->code->file, line, "");
	}
	return 0;
}

/* The line of a function of the chain, run on this very object, that writes the cell; 0: none. */
uint64_t cpython_writer_known(struct cpython_translator *t, struct cpython_stream *stream,
                              const struct cpython_task *task, const struct cpython_fact *fact,
                              const struct cpython_item *items, const struct cpython_hold *hold,
                              uint64_t object)
{
	for (unsigned i = 0; i < fact->count; i++) {
		const struct cpython_code *code =
			items[i].kind == CPYTHON_ITEM_FRAME && items[i].c == object
				? cpython_codes_get(&t->codes, items[i].b)
				: NULL;
		uint32_t line = code ? cpython_cells_writes(t->cells, hold->window, code->file,
		                                            code->function)
		                     : 0;

		if (line)
			return cpython_place(t, stream, fact->time, code->function, code->file,
			                     line, "");
	}
	return writer_went_on(t, stream, task, fact, hold, object);
}

/* Where a step wrote whose code is not known to write: from where it went on until where it ended.
 * 0: not known. */
uint64_t cpython_writer_step(struct cpython_translator *t, struct cpython_stream *stream,
                             const struct cpython_task *task, const struct cpython_fact *fact,
                             const struct cpython_item *items)
{
	const struct cpython_site *before = site_own(t, task->site);
	const struct cpython_code *code;
	const struct cpython_item *after = frame_own(t, fact, items, &code);
	uint32_t line = after ? cpython_code_line(code, after->offset) : 0;
	char label[1024];

	if (!before && !after)
		return task->root ? cpython_place(t, stream, fact->time, task->root->function,
		                                  task->root->file, task->root->first_line,
		                                  "in the one step of its task")
		                  : 0;
	if (!before)
		return cpython_place(t, stream, fact->time, code->function, code->file, line,
		                     "in the step from its start to this await");
	if (after)
		snprintf(label, sizeof(label), "in the step from this await to %s (%s:%u)",
		         code->function, code->file, line);
	return cpython_place(t, stream, fact->time, before->code->function, before->code->file,
	                     before->line,
	                     after ? label : "in the step from this await to its end");
}
