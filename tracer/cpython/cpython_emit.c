/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_emit.c - records into a stream; sites and names defined before their first use.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpython_session.h"
#include "cpython_state.h"

enum { LABEL_SIZE = 96 };

int cpython_emit(struct cpython_stream *stream, uint64_t time, unsigned kind, unsigned arg,
                 uint32_t task, uint64_t object, uint64_t site)
{
	struct aw_event event = {
		.time = time,
		.kind = kind,
		.arg = arg,
		.task = task,
		.object = object,
		.site = site,
	};

	/* What is inferred late is told with the time of what it stands behind. */
	if (event.time < stream->time)
		event.time = stream->time;
	stream->time = event.time;
	return event_buffer_add(&stream->step, &event);
}

int cpython_emit_interval(struct cpython_stream *stream, uint64_t time, uint32_t task,
                          uint64_t from, uint64_t to)
{
	return cpython_emit(stream, time, AW_INTERVAL, 0, task, from, to);
}

static int emit_text(struct cpython_stream *stream, unsigned what, const char *text)
{
	return event_buffer_text(&stream->step, stream->time, what, text, strlen(text));
}

int cpython_emit_name(struct cpython_stream *stream, uint64_t time, uint64_t object,
                      unsigned entity, const char *name)
{
	int error = cpython_emit(stream, time, AW_NAME, entity, 0, object, 0);

	return error ? error : emit_text(stream, AW_TEXT_NAME, name);
}

/* The line as written, for a table of awaits; of `async with`, which of its two awaits it is. */
static int label_tell(struct cpython_translator *t, struct cpython_stream *stream,
                      const struct cpython_site *site)
{
	const struct cpython_layout *layout = t->options.memory.layout;
	const char *line = cpython_source_line(t->source, site->code->file, site->line);
	size_t offset = site->offset;
	bool await = site->offset >= 0 && offset + 2 <= site->code->bytes_size &&
	             site->code->bytes[offset] == layout->op_get_awaitable;
	int what = await ? site->code->bytes[offset + 1]
	                 : cpython_code_await(site->code, layout, site->offset, NULL);
	char label[LABEL_SIZE];

	if (!line)
		return 0;
	while (*line == ' ' || *line == '\t')
		line++;
	snprintf(label, sizeof(label), "%s%s", what == 2 ? "exit of " : "", line);
	return label[0] ? emit_text(stream, AW_TEXT_LABEL, label) : 0;
}

int cpython_emit_waiver(struct cpython_translator *t, struct cpython_stream *stream,
                        const char *file, uint32_t line)
{
	char waiver[AW_TEXT_MAX];

	return cpython_source_waiver(t->source, file, line, waiver, sizeof(waiver))
	               ? emit_text(stream, AW_TEXT_WAIVER, waiver)
	               : 0;
}

static int site_tell(struct cpython_translator *t, struct cpython_stream *stream, uint64_t time,
                     const struct cpython_site *site)
{
	int error = cpython_emit(stream, time, AW_SITE, 0, site->line, site->id, site->parent);

	if (!error)
		error = emit_text(stream, AW_TEXT_FUNCTION, site->code->function);
	if (!error)
		error = emit_text(stream, AW_TEXT_FILE, site->code->file);
	if (!error && t->options.detail >= CPYTHON_AWAITS)
		error = label_tell(t, stream, site);
	return error ? error : cpython_emit_waiver(t, stream, site->code->file, site->line);
}

const struct cpython_site *cpython_site_get(const struct cpython_translator *t, uint64_t id)
{
	uint64_t from = t->options.sites_from;

	return id > from && id - from <= t->site_ids ? t->site_list[id - from - 1] : NULL;
}

static int site_add(struct cpython_translator *t, struct cpython_site *site)
{
	if (t->site_ids == t->site_room) {
		size_t room = t->site_room ? t->site_room * 2 : 256;
		struct cpython_site **list = realloc(t->site_list, room * sizeof(*list));

		if (!list)
			return -ENOMEM;
		t->site_list = list;
		t->site_room = room;
	}
	t->site_list[t->site_ids++] = site;
	site->id = t->options.sites_from + t->site_ids;
	return 0;
}

uint64_t cpython_site(struct cpython_translator *t, struct cpython_stream *stream, uint64_t time,
                      const struct cpython_code *code, int32_t offset, uint64_t parent)
{
	struct cpython_site *site;
	uint64_t key;

	if (!code)
		return 0;
	key = code->generation << 32 | (uint32_t)offset;
	site = cpython_table_get(&t->sites, key, parent);
	if (site)
		return site->id;
	site = calloc(1, sizeof(*site));
	if (!site)
		return 0;
	site->parent = parent;
	site->code = code;
	site->offset = offset;
	site->line = cpython_code_line(code, offset);
	if (cpython_table_put(&t->sites, key, parent, site)) {
		free(site);
		return 0;
	}
	if (site_add(t, site)) {
		cpython_table_take(&t->sites, key, parent);
		free(site);
		return 0;
	}
	return site_tell(t, stream, time, site) ? 0 : site->id;
}
