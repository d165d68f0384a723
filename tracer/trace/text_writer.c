/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text_writer.c - events to lines.
 *
 * A definition's line stays open while its texts come in. A text that is not
 * cut the way event_buffer_text cuts, or that comes after other streams'
 * records, is written as `text` lines: ugly, but exact.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "event/event_table.h"
#include "event/names.h"
#include "text_line.h"
#include "text_writer.h"

#define PIECES_MAX    (AW_TEXT_MAX / 16)
#define LINE_TEXTS    8 /* texts on one line at most, as text_event.c takes them */
#define PIECE_USED(e) ((size_t)((e)->arg >> 8 & 0x1f))

struct text_writer {
	FILE *out;
	struct names *names;
	uint32_t pid;
	uint32_t tid;
	uint64_t next; /* number that the reader expects of the stream's next record */
	bool started;
	unsigned open;                      /* kind of the definition whose line is open; 0: none */
	unsigned texts;                     /* on that line */
	struct aw_event pieces[PIECES_MAX]; /* of the text coming in */
	size_t piece_count;
};

/* The reader's count for a stream that it did not hear of is 0, but it hears of each with `first`.
 */
static void begin_stream(struct text_writer *writer, const struct stream_batch *batch)
{
	if (!writer->started)
		fputs("exact\n", writer->out);
	writer->started = true;
	writer->pid = batch->pid;
	writer->tid = batch->tid;
	writer->next = batch->first;
	fprintf(writer->out, "thread %u/%u first=%llu\n", batch->pid, batch->tid,
	        (unsigned long long)batch->first);
}

static bool is_zero_after(const struct aw_event *event, size_t used)
{
	char bytes[16];

	memcpy(bytes, &event->object, 8);
	memcpy(bytes + 8, &event->site, 8);
	for (size_t i = used; i < sizeof(bytes); i++)
		if (bytes[i])
			return false;
	return true;
}

/* Would event_buffer_text cut the text of these pieces into these pieces? */
static bool is_canonical(const struct text_writer *writer)
{
	size_t count = writer->piece_count;

	for (size_t i = 0; i < count; i++) {
		const struct aw_event *piece = &writer->pieces[i];
		size_t used = PIECE_USED(piece);
		bool last = i + 1 == count;

		if (piece->arg & (AW_ARG_INFERRED | AW_ARG_SNAPSHOT) || used > 16 ||
		    (piece->arg & AW_ARG_VALUE) != (writer->pieces[0].arg & AW_ARG_VALUE) ||
		    !is_zero_after(piece, used) || last == !!(piece->arg & AW_TEXT_MORE) ||
		    (!last && used < 16) || (last && used == 0 && i > 0))
			return false;
	}
	return count > 0;
}

static bool fits_the_line(const struct text_writer *writer)
{
	unsigned what = writer->pieces[0].arg & AW_ARG_VALUE;

	return writer->open && writer->texts < LINE_TEXTS && is_canonical(writer) &&
	       event_value_text(AW_FIELD_TEXT, what) &&
	       (what != AW_TEXT_LABEL || writer->open == AW_SITE);
}

static void close_line(struct text_writer *writer)
{
	if (writer->open)
		fputc('\n', writer->out);
	writer->open = 0;
	writer->texts = 0;
}

static void write_text(struct text_writer *writer)
{
	char text[AW_TEXT_MAX], escaped[ESCAPE_ROOM(AW_TEXT_MAX)];
	unsigned what = writer->pieces[0].arg & AW_ARG_VALUE;
	size_t length = 0;

	for (size_t i = 0; i < writer->piece_count; i++) {
		memcpy(text + 16 * i, &writer->pieces[i].object, 8);
		memcpy(text + 16 * i + 8, &writer->pieces[i].site, 8);
		length += PIECE_USED(&writer->pieces[i]);
	}
	escape_text(escaped, sizeof(escaped), text, length, true);
	fputc(' ', writer->out);
	if (!(writer->open == AW_NAME && what == AW_TEXT_NAME && writer->texts == 0))
		fprintf(writer->out, "%s=", event_value_text(AW_FIELD_TEXT, what));
	fprintf(writer->out, "\"%s\"", escaped);
	writer->texts++;
}

/* The text that came in is complete, or nothing more will come: puts it where it fits. */
static void end_text(struct text_writer *writer)
{
	if (writer->piece_count && fits_the_line(writer)) {
		write_text(writer);
	} else if (writer->piece_count) {
		close_line(writer);
		for (size_t i = 0; i < writer->piece_count; i++) {
			text_line(writer->out, writer->names, writer->pid, &writer->pieces[i]);
			fputc('\n', writer->out);
		}
	}
	writer->piece_count = 0;
}

static void take_text(struct text_writer *writer, const struct aw_event *event)
{
	writer->pieces[writer->piece_count++] = *event;
	if (!(event->arg & AW_TEXT_MORE) || writer->piece_count == PIECES_MAX)
		end_text(writer);
}

static void take_event(struct text_writer *writer, const struct aw_event *event)
{
	end_text(writer);
	close_line(writer);
	text_line(writer->out, writer->names, writer->pid, event);
	if (event_is_definition(event->kind))
		writer->open = event->kind;
	else
		fputc('\n', writer->out);
}

int text_write(void *context, const struct stream_batch *batch)
{
	struct text_writer *writer = context;

	if (!writer->started || batch->pid != writer->pid || batch->tid != writer->tid ||
	    batch->first != writer->next) {
		end_text(writer);
		close_line(writer);
		begin_stream(writer, batch);
	}
	for (size_t i = 0; i < batch->count; i++) {
		const struct aw_event *event = &batch->events[i];
		int code = names_event(writer->names, batch->pid, batch->tid, event);

		if (code < 0)
			return code;
		if (event->kind == AW_TEXT)
			take_text(writer, event);
		else
			take_event(writer, event);
		writer->next += event_numbers(event);
	}
	return ferror(writer->out) ? -(errno ? errno : EIO) : 0;
}

int text_writer_new(FILE *out, struct text_writer **writer_out)
{
	struct text_writer *writer = calloc(1, sizeof(*writer));

	*writer_out = NULL;
	if (!writer || names_new(&writer->names) < 0) {
		free(writer);
		return -ENOMEM;
	}
	writer->out = out;
	*writer_out = writer;
	return 0;
}

int text_writer_free(struct text_writer *writer)
{
	int code;

	if (!writer)
		return 0;
	end_text(writer);
	close_line(writer);
	code = fflush(writer->out) || ferror(writer->out) ? -(errno ? errno : EIO) : 0;
	names_free(writer->names);
	free(writer);
	return code;
}
