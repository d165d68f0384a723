/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text_line.c - the fields of an event as words, by their class. What a word
 * cannot say (bits that the class does not have) stands there as arg=, object=
 * or site=, so that nothing is left out.
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/escape.h"
#include "event/event_table.h"
#include "text_line.h"

#define SHOWN_MAX 96u /* bytes of a name that stands beside an id */

struct line {
	FILE *out;
	const struct names *names;
	uint32_t pid;
	const struct aw_event *event;
	const struct event_kind *row;
};

static bool is_bare(const char *text)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr("_.-", *text))
			return false;
	return true;
}

/* A name, in quotes where it needs them, cut. NULL: nothing. */
static void write_name(FILE *out, const char *name)
{
	char escaped[SHOWN_MAX];

	if (!name)
		return;
	if (strlen(name) < sizeof(escaped) && is_bare(name)) {
		fputs(name, out);
		return;
	}
	escape_text(escaped, sizeof(escaped), name, strlen(name), true);
	fprintf(out, "\"%s\"", escaped);
}

static void write_object(const struct line *line, uint64_t id)
{
	if (id == 0) {
		fputc('-', line->out);
		return;
	}
	write_name(line->out, names_object(line->names, line->pid, id));
	fprintf(line->out, "#%" PRIu64, id);
}

static void write_address(const struct line *line, uint64_t address)
{
	const char *name = names_location(line->names, line->pid, address);

	write_name(line->out, name);
	fprintf(line->out, "%s0x%" PRIx64, name ? "#" : "", address);
}

static void write_site(const struct line *line, uint64_t id)
{
	const struct names_site *site = names_site(line->names, line->pid, id);

	fputs(" @", line->out);
	if (site) {
		write_name(line->out, site->function);
		fputc(':', line->out);
		write_name(line->out, site->file);
		fprintf(line->out, ":%u", site->line);
	}
	fprintf(line->out, "#0x%" PRIx64, id);
}

static void write_object_field(const struct line *line)
{
	uint64_t object = line->event->object;

	switch (line->row->object) {
	case AW_FIELD_NONE:
		if (object)
			fprintf(line->out, " object=0x%" PRIx64, object);
		return;
	case AW_FIELD_OBJECT:
		if (!object && line->event->kind != AW_NAME)
			return;
		/* fall through */
	case AW_FIELD_TASK:
	case AW_FIELD_LOCK:
		fputc(' ', line->out);
		if (line->event->kind == AW_NAME)
			fprintf(line->out, "#0x%" PRIx64, object);
		else
			write_object(line, object);
		return;
	case AW_FIELD_ADDRESS:
		fputc(' ', line->out);
		write_address(line, object);
		return;
	case AW_FIELD_SITE:
		fprintf(line->out, " 0x%" PRIx64, object);
		return;
	default:
		fprintf(line->out, " %" PRIu64, object);
	}
}

/* The bits of arg that its class can say, apart from the flags. */
static unsigned arg_mask(unsigned class)
{
	switch (class) {
	case AW_FIELD_SIZE:
		return AW_SIZE_MAX;
	case AW_FIELD_LOCK:
		return AW_ARG_VALUE | AW_LOCK_PERMITS_MAX << 8;
	default:
		return event_value_text(class, 0) ? AW_ARG_VALUE : 0;
	}
}

static void write_arg_field(const struct line *line)
{
	unsigned arg = line->event->arg, class = line->row->arg, mask = arg_mask(class);
	const char *word = event_value_text(class, arg & AW_ARG_VALUE);
	unsigned flags = 0;

	for (unsigned flag = 0x8000; flag > mask; flag >>= 1)
		flags |= event_flag_text(line->event->kind, flag) ? flag : 0;
	if ((arg & ~mask & ~flags) || (event_value_text(class, 0) && !word)) {
		fprintf(line->out, " arg=0x%x", arg);
		return;
	}
	if (class == AW_FIELD_SIZE)
		fprintf(line->out, " %u", arg & mask);
	else if (word && !((class == AW_FIELD_MODE || class == AW_FIELD_OUTCOME) && !(arg & mask)))
		fprintf(line->out, " %s", word);
	if (class == AW_FIELD_LOCK)
		fprintf(line->out, " permits=%u", arg >> 8 & AW_LOCK_PERMITS_MAX);
	for (unsigned flag = 0x8000; flag > mask; flag >>= 1)
		if (arg & flag)
			fprintf(line->out, " %s", event_flag_text(line->event->kind, flag));
}

static void write_can(const struct line *line, uint64_t can)
{
	const char *text, *comma = "";
	unsigned bits = 0;

	while (event_can_text(bits))
		bits++;
	if (can >> bits) {
		fprintf(line->out, " site=0x%" PRIx64, can);
		return;
	}
	fputs(can ? " can=" : " can=none", line->out);
	for (unsigned bit = 0; (text = event_can_text(bit)); bit++)
		if (can >> bit & 1) {
			fprintf(line->out, "%s%s", comma, text);
			comma = ",";
		}
}

static void write_site_field(const struct line *line)
{
	uint64_t site = line->event->site;

	switch (line->row->site) {
	case AW_FIELD_SITE:
		if (site)
			write_site(line, site);
		return;
	case AW_FIELD_PARENT:
		fprintf(line->out, " line=%u", line->event->task);
		if (site)
			fprintf(line->out, " parent=0x%" PRIx64, site);
		return;
	case AW_FIELD_NONE:
		if (site)
			fprintf(line->out, " site=0x%" PRIx64, site);
		return;
	case AW_FIELD_ADDRESS:
		fprintf(line->out, " 0x%" PRIx64, site);
		return;
	default:
		if (line->event->kind == AW_TARGET)
			write_can(line, site);
		else
			fprintf(line->out, " %" PRIu64, site);
	}
}

/* A TEXT record by itself. What follows the used bytes stands there as numbers. */
static void write_piece(const struct line *line)
{
	const struct aw_event *event = line->event;
	char bytes[16], escaped[ESCAPE_ROOM(sizeof(bytes))];
	size_t used = event->arg >> 8 & 0x1f;
	const char *what = event_value_text(AW_FIELD_TEXT, event->arg & AW_ARG_VALUE);

	memcpy(bytes, &event->object, 8);
	memcpy(bytes + 8, &event->site, 8);
	escape_text(escaped, sizeof(escaped), bytes, used < 16 ? used : 16, true);
	fprintf(line->out, " \"%s\"", escaped);
	if (what)
		fprintf(line->out, " %s", what);
	fprintf(line->out, " arg=0x%x object=0x%" PRIx64 " site=0x%" PRIx64, event->arg,
	        event->object, event->site);
}

void text_line(FILE *out, const struct names *names, uint32_t pid, const struct aw_event *event)
{
	struct line line = {out, names, pid, event, event_kind_get(event->kind)};

	if (!line.row) {
		fprintf(out,
		        "# %" PRIu64 " kind %u, which this version does not know: arg=0x%x "
		        "task=%u object=0x%" PRIx64 " site=0x%" PRIx64,
		        event->time, event->kind, event->arg, event->task, event->object,
		        event->site);
		return;
	}
	fprintf(out, "%" PRIu64 " ", event->time);
	write_object(&line, event->kind == AW_SITE ? 0 : event->task);
	fprintf(out, " %s", line.row->text);
	if (event->kind == AW_TEXT) {
		write_piece(&line);
		return;
	}
	write_object_field(&line);
	write_arg_field(&line);
	write_site_field(&line);
}
