/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * std_format.c - RAPID's STD format, one line an operation of a thread:
 *
 *	T1|acq(L)|12
 *
 * In: each line becomes lines of the text form, which text_read reads. Where
 * the next line is another thread's, the task suspends (for nothing): a run of
 * one thread's lines is a step. join(T2) is a suspension for T2, T2's end, and
 * the observation of it. begin and end (transactions) have no counterpart.
 *
 * Out: see std_write. The format is described at github.com/umangm/rapid.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "event/event_table.h"
#include "base/site_set.h"
#include "std_format.h"
#include "text_reader.h"

struct word {
	const char *at;
	size_t length;
};

struct std_line {
	struct word thread, op, object, place;
};

#define NAME_MAX_BYTES 128u

static struct word trim(struct word word)
{
	while (word.length && strchr(" \t\r", word.at[0])) {
		word.at++;
		word.length--;
	}
	while (word.length && strchr(" \t\r", word.at[word.length - 1]))
		word.length--;
	return word;
}

/* Takes what is before `end` off `rest`; all of it if there is none. */
static struct word take(struct word *rest, char end)
{
	const char *found = rest->length ? memchr(rest->at, end, rest->length) : NULL;
	size_t length = found ? (size_t)(found - rest->at) : rest->length;
	struct word word = {rest->at, length};

	rest->at += length + (found != NULL);
	rest->length -= length + (found != NULL);
	return trim(word);
}

/* What is wrong with a line, or NULL. */
static const char *parse_line(struct word text, struct std_line *line)
{
	struct word op;

	line->thread = take(&text, '|');
	op = take(&text, '|');
	line->place = take(&text, '|');
	if (op.length == 0)
		return "expected THREAD|OPERATION(OBJECT)|PLACE";
	line->op = take(&op, '(');
	if (op.length && op.at[op.length - 1] == ')')
		op.length--;
	line->object = trim(op);
	if (line->thread.length == 0 || line->thread.length > NAME_MAX_BYTES ||
	    line->object.length > NAME_MAX_BYTES || line->place.length > NAME_MAX_BYTES)
		return "a name is missing or too long";
	return NULL;
}

static bool is(struct word word, const char *text)
{
	return strlen(text) == word.length && !memcmp(word.at, text, word.length);
}

static const char *quote(char out[ESCAPE_ROOM(NAME_MAX_BYTES)], struct word word)
{
	escape_text(out, ESCAPE_ROOM(NAME_MAX_BYTES), word.at, word.length, true);
	return out;
}

struct translation {
	FILE *out;
	unsigned *lines; /* of the input, by line of the output */
	size_t count;
	struct word running; /* the thread of the line before */
};

static int note_line(struct translation *to, unsigned line)
{
	if ((to->count & (to->count - 1)) == 0) { /* grown at powers of two */
		unsigned *lines =
			reallocarray(to->lines, to->count ? 2 * to->count : 1, sizeof(*lines));

		if (!lines)
			return -ENOMEM;
		to->lines = lines;
	}
	to->lines[to->count++] = line;
	return 0;
}

static const struct {
	const char *op;
	const char *text; /* kind and what follows the object */
	const char *after;
} operations[] = {{"r", "read", ""},         {"w", "write", ""},       {"acq", "lock-taken", ""},
                  {"rel", "lock-freed", ""}, {"fork", "task-new", ""}, {"join", "observe", " task"},
                  {"begin", NULL, NULL},     {"end", NULL, NULL}};

/* Emits the lines for one operation. Returns what is wrong, or NULL. */
static const char *translate(struct translation *to, unsigned number, const struct std_line *line)
{
	char thread[ESCAPE_ROOM(NAME_MAX_BYTES)], object[ESCAPE_ROOM(NAME_MAX_BYTES)];
	char place[ESCAPE_ROOM(NAME_MAX_BYTES)];
	size_t i = 0, count = sizeof(operations) / sizeof(operations[0]);

	while (i < count && !is(line->op, operations[i].op))
		i++;
	if (i == count)
		return "unknown operation";
	if (!operations[i].text)
		return NULL;
	if (line->object.length == 0)
		return "the operation needs an object";
	quote(object, line->object);
	if (to->running.length && (to->running.length != line->thread.length ||
	                           memcmp(to->running.at, line->thread.at, line->thread.length))) {
		fprintf(to->out, "%u \"%s\" suspend nothing\n", number, quote(thread, to->running));
		if (note_line(to, number) < 0)
			return "out of memory";
	}
	quote(thread, line->thread);
	if (is(line->op, "join")) {
		fprintf(to->out, "%u \"%s\" suspend \"%s\" task\n%u \"%s\" task-end\n", number,
		        thread, object, number, object);
		if (note_line(to, number) < 0 || note_line(to, number) < 0)
			return "out of memory";
	}
	fprintf(to->out, "%u \"%s\" %s \"%s\"%s", number, thread, operations[i].text, object,
	        operations[i].after);
	if (line->place.length)
		fprintf(to->out, " @\"%s\"", quote(place, line->place));
	fputc('\n', to->out);
	to->running = line->thread;
	return note_line(to, number) < 0 ? "out of memory" : NULL;
}

static int translate_all(struct translation *to, const char *text, size_t size, struct fault *fault)
{
	struct word rest = {text, size};
	unsigned number = 0;

	while (rest.length) {
		struct word row = take(&rest, '\n');
		struct std_line line;
		const char *wrong;

		number++;
		if (row.length == 0)
			continue;
		wrong = parse_line(row, &line);
		if (!wrong)
			wrong = translate(to, number, &line);
		if (wrong && fault)
			fault->line = number;
		if (wrong)
			return fault_set(fault, -EINVAL, "%s", wrong);
	}
	return 0;
}

int std_read(const char *text, size_t size, stream_fn fn, void *context, struct fault *fault)
{
	struct translation to = {0};
	struct fault inner = {0};
	char *translated = NULL;
	size_t length = 0;
	int code;

	to.out = open_memstream(&translated, &length);
	if (!to.out)
		return -ENOMEM;
	code = translate_all(&to, text, size, fault);
	if (fclose(to.out) != 0 && code == 0)
		code = -ENOMEM;
	if (code == 0) {
		code = text_read(translated, length, fn, context, &inner);
		if (code < 0 && inner.code && fault) {
			*fault = inner;
			fault->line =
				inner.line && inner.line <= to.count ? to.lines[inner.line - 1] : 0;
		}
	}
	free(translated);
	free(to.lines);
	return code;
}

struct std_writer {
	FILE *out;
	struct site_set counting; /* locks with more or fewer permits than one */
	unsigned long long skipped;
};

int std_writer_new(FILE *out, struct std_writer **writer_out)
{
	struct std_writer *writer = calloc(1, sizeof(*writer));

	*writer_out = NULL;
	if (!writer)
		return -ENOMEM;
	writer->out = out;
	*writer_out = writer;
	return 0;
}

/* Ids alone make names: a target may name two things alike, or one thing anew. */
static void write_thread(struct std_writer *writer, const struct stream_batch *batch, uint64_t task)
{
	if (task)
		fprintf(writer->out, "T%" PRIu64, task);
	else
		fprintf(writer->out, "thread%u", batch->tid);
}

/* The operation an event is, or NULL. */
static const char *operation_of(const struct std_writer *writer, const struct aw_event *event)
{
	switch (event->kind) {
	case AW_READ:
		return "r";
	case AW_WRITE:
		return "w";
	case AW_LOCK_TAKEN:
	case AW_LOCK_FREED:
		if ((event->arg & AW_ARG_VALUE) != AW_MODE_EXCLUSIVE ||
		    site_set_has(&writer->counting, event->object))
			return NULL;
		return event->kind == AW_LOCK_TAKEN ? "acq" : "rel";
	case AW_TASK_NEW:
		return event->arg & AW_ARG_SNAPSHOT ? NULL : "fork";
	case AW_OBSERVE:
		return (event->arg & AW_ARG_VALUE) == AW_AWAIT_TASK ? "join" : NULL;
	default:
		return NULL;
	}
}

static int write_event(struct std_writer *writer, const struct stream_batch *batch,
                       const struct aw_event *event)
{
	const char *op = operation_of(writer, event);
	int code = 0;

	if (event->kind == AW_LOCK_NEW && (event->arg >> 8 & AW_LOCK_PERMITS_MAX) != 1)
		code = site_set_add(&writer->counting, event->object);
	if (code < 0 || event_is_definition(event->kind))
		return code;
	if (!op) {
		writer->skipped++;
		return 0;
	}
	write_thread(writer, batch, event->task);
	fprintf(writer->out, "|%s(", op);
	if (event->kind == AW_READ || event->kind == AW_WRITE)
		fprintf(writer->out, "V%" PRIx64, event->object);
	else if (event->kind == AW_TASK_NEW || event->kind == AW_OBSERVE)
		write_thread(writer, batch, event->object);
	else
		fprintf(writer->out, "L%" PRIu64, event->object);
	fprintf(writer->out, ")|%" PRIu64 "\n", event->site);
	return 0;
}

int std_write(void *context, const struct stream_batch *batch)
{
	struct std_writer *writer = context;

	for (size_t i = 0; i < batch->count; i++) {
		int code = write_event(writer, batch, &batch->events[i]);

		if (code < 0)
			return code;
	}
	return ferror(writer->out) ? -(errno ? errno : EIO) : 0;
}

unsigned long long std_writer_skipped(const struct std_writer *writer)
{
	return writer->skipped;
}

int std_writer_free(struct std_writer *writer)
{
	int code;

	if (!writer)
		return 0;
	code = fflush(writer->out) || ferror(writer->out) ? -(errno ? errno : EIO) : 0;
	site_set_fini(&writer->counting);
	free(writer);
	return code;
}
