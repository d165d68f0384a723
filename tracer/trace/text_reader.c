/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text_reader.c - lines of the text form: streams, times and actors; delivery.
 * What stands after the kind is read in text_event.c.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "event/event_table.h"
#include "text_parse.h"
#include "text_reader.h"

#define BATCH_EVENTS 4096

int text_bad(struct text_parse *parse, const char *format, ...)
{
	char message[200];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	parse->bad = true;
	fault_set(parse->fault, -EINVAL, "%s", message);
	if (parse->fault)
		parse->fault->line = parse->line;
	return -EINVAL;
}

const char *text_shown(struct text_word word, char out[TEXT_SHOWN])
{
	escape_text(out, TEXT_SHOWN, word.at, word.length, false);
	return out;
}

static int deliver(struct text_parse *parse, stream_fn fn, void *context)
{
	struct text_thread *thread = &parse->threads[parse->thread];
	struct stream_batch batch = {.pid = thread->pid,
	                             .tid = thread->tid,
	                             .first = thread->next,
	                             .events = parse->out.events,
	                             .count = parse->out.count};

	for (size_t i = 0; i < batch.count; i++)
		thread->next += event_numbers(&batch.events[i]);
	parse->out.count = 0;
	return batch.count ? fn(context, &batch) : 0;
}

/* Index of a stream, which is made if it is new; -1: no memory. */
static long find_thread(struct text_parse *parse, uint32_t pid, uint32_t tid)
{
	uint64_t key = (uint64_t)pid << 32 | tid;
	uint32_t index = idmap_get(&parse->thread_by_id, key);

	if (index != IDMAP_NONE)
		return index;
	if (parse->thread_count == parse->thread_room) {
		size_t room = parse->thread_room ? 2 * parse->thread_room : 4;
		struct text_thread *more = reallocarray(parse->threads, room, sizeof(*more));

		if (!more)
			return -1;
		parse->threads = more;
		parse->thread_room = room;
	}
	if (idmap_add(&parse->thread_by_id, key, (uint32_t)parse->thread_count))
		return -1;
	parse->threads[parse->thread_count] = (struct text_thread){.pid = pid, .tid = tid};
	return (long)parse->thread_count++;
}

/* What the lines read now belong to; `at` is the thread the text is in, apart from T2/ lines. */
struct reading {
	struct text_parse parse;
	size_t at;
	stream_fn fn;
	void *context;
};

static int switch_to(struct reading *reading, size_t thread)
{
	int code = 0;

	if (thread != reading->parse.thread)
		code = deliver(&reading->parse, reading->fn, reading->context);
	reading->parse.thread = thread;
	return code;
}

static int tell_thread(struct text_parse *parse, struct text_word name)
{
	struct text_thread *thread = &parse->threads[parse->thread];
	struct aw_event event = {.time = parse->now, .kind = AW_THREAD, .object = thread->tid};
	char text[AW_TEXT_MAX];
	long length = text_scan_text(name, text, sizeof(text));
	int code;

	if (length < 0)
		return text_bad(parse, "the thread's name is malformed or too long");
	thread->told = true;
	code = event_buffer_add(&parse->out, &event);
	if (code < 0 || length == 0)
		return code;
	return event_buffer_text(&parse->out, parse->now, AW_TEXT_NAME, text, (size_t)length);
}

/* [PID/]TID. A process's number is an int. */
static bool parse_stream(struct text_word word, uint32_t *pid, uint32_t *tid)
{
	const char *slash = memchr(word.at, '/', word.length);
	uint64_t number = *pid;

	if (slash) {
		if (!text_scan_number((struct text_word){word.at, (size_t)(slash - word.at)},
		                      &number) ||
		    number > INT32_MAX)
			return false;
		word.length -= (size_t)(slash + 1 - word.at);
		word.at = slash + 1;
		*pid = (uint32_t)number;
	}
	if (!text_scan_number(word, &number) || number > UINT32_MAX)
		return false;
	*tid = (uint32_t)number;
	return true;
}

static int imply_target(struct text_parse *parse)
{
	struct aw_event event = {.time = parse->now,
	                         .kind = AW_TARGET,
	                         .object = parse->threads[parse->thread].pid,
	                         .arg = AW_RUNTIME_C,
	                         .site = TEXT_CAN_ALL};

	parse->targeted = true;
	parse->can = event.site;
	return event_buffer_add(&parse->out, &event);
}

/* thread [PID/]TID [NAME] [first=N]: what follows is of this stream. */
static int read_thread(struct reading *reading, const struct text_word *words, int count)
{
	struct text_parse *parse = &reading->parse;
	struct text_word key, value, name = {"", 0};
	uint32_t pid = parse->threads[reading->at].pid, tid;
	bool numbered = false;
	uint64_t first = 0;
	long thread;
	int code;

	if (count < 2 || !parse_stream(words[1], &pid, &tid))
		return text_bad(parse, "thread: its number is missing");
	for (int i = 2; i < count; i++) {
		if (!text_scan_key(words[i], &key, &value))
			name = words[i];
		else if (text_scan_same(key, "first") && text_scan_number(value, &first))
			numbered = true;
		else
			return text_bad(parse, "thread: expected a name or first=NUMBER");
	}
	thread = find_thread(parse, pid, tid);
	if (thread < 0)
		return -ENOMEM;
	reading->at = (size_t)thread;
	code = switch_to(reading, reading->at);
	if (code == 0 && numbered) {
		code = deliver(parse, reading->fn, reading->context);
		parse->threads[thread].next = first;
	}
	if (code < 0 || !name.length || parse->exact)
		return code;
	if (!parse->targeted)
		code = imply_target(parse);
	return code < 0 ? code : tell_thread(parse, name);
}

/* Takes T2/ off an actor, for which this line is then of thread 2. */
static int take_thread(struct reading *reading, struct text_word *actor)
{
	struct text_parse *parse = &reading->parse;
	const char *slash = memchr(actor->at, '/', actor->length);
	uint32_t pid = parse->threads[reading->at].pid, tid;
	long thread;

	if (!slash || actor->at[0] != 'T' ||
	    !parse_stream((struct text_word){actor->at + 1, (size_t)(slash - actor->at) - 1}, &pid,
	                  &tid))
		return switch_to(reading, reading->at);
	thread = find_thread(parse, pid, tid);
	if (thread < 0)
		return -ENOMEM;
	actor->length -= (size_t)(slash + 1 - actor->at);
	actor->at = slash + 1;
	return switch_to(reading, (size_t)thread);
}

static int imply(struct text_parse *parse, unsigned kind)
{
	int code = 0;

	if (kind == AW_TARGET)
		parse->targeted = true;
	if (kind == AW_THREAD)
		parse->threads[parse->thread].told = true;
	if (parse->exact)
		return 0;
	if (!parse->targeted)
		code = imply_target(parse);
	if (code == 0 && !parse->threads[parse->thread].told && kind != AW_TARGET)
		code = tell_thread(parse, (struct text_word){"", 0});
	return code;
}

/* [TIME ACTOR] KIND ... */
static int read_event(struct reading *reading, const struct text_word *words, int count)
{
	struct text_parse *parse = &reading->parse;
	unsigned kind = event_kind_find(words[0].at, words[0].length);
	struct text_word actor = {"-", 1};
	char shown[TEXT_SHOWN];
	int code, at = 0;

	if (!kind) {
		if (!text_scan_time(words[0], parse->time, &parse->now))
			return text_bad(parse, "%s is neither a time nor an event's kind",
			                text_shown(words[0], shown));
		if (count < 3)
			return text_bad(parse, "expected: TIME ACTOR KIND ...");
		actor = words[1];
		kind = event_kind_find(words[2].at, words[2].length);
		at = 2;
		if (!kind)
			return text_bad(parse, "%s is not the kind of an event",
			                text_shown(words[2], shown));
	}
	parse->time = parse->now;
	code = take_thread(reading, &actor);
	code = code < 0 ? code : imply(parse, kind);
	return code < 0 ? code : text_event(parse, actor, kind, words + at + 1, count - at - 1);
}

static int read_line(struct reading *reading, const char *line, size_t length)
{
	struct text_parse *parse = &reading->parse;
	struct text_word words[TEXT_SCAN_WORDS];
	int count = text_scan_line(line, length, words);

	if (count < 0)
		return text_bad(parse,
		                count == -1 ? "a quote is not closed" : "too many words in a line");
	if (count == 0)
		return 0;
	parse->now = parse->time;
	if (text_scan_same(words[0], "exact") && count == 1) {
		parse->exact = true;
		return 0;
	}
	if (text_scan_same(words[0], "thread"))
		return read_thread(reading, words, count);
	return read_event(reading, words, count);
}

int text_read(const char *text, size_t size, stream_fn fn, void *context, struct fault *fault)
{
	struct reading reading = {.parse.fault = fault, .fn = fn, .context = context};
	const char *at = text, *end = text + size;
	int code = find_thread(&reading.parse, 1, 1) < 0 ? -ENOMEM : 0;

	while (at < end && code == 0) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline ? newline : end;

		reading.parse.line++;
		code = read_line(&reading, at, (size_t)(stop - at));
		if (code == 0 && reading.parse.out.count >= BATCH_EVENTS)
			code = deliver(&reading.parse, fn, context);
		at = newline ? newline + 1 : end;
	}
	if (reading.parse.threads && (code == 0 || reading.parse.bad)) {
		int rest = deliver(&reading.parse, fn, context);

		code = code < 0 ? code : rest;
	}
	event_buffer_fini(&reading.parse.out);
	text_symbols_fini(&reading.parse.symbols);
	free(reading.parse.threads);
	idmap_fini(&reading.parse.thread_by_id);
	return code;
}
