/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_fact_replay.c - see cpython_fact_replay.h.
 *
 * The answers to what a call asked follow its line. So a call is done when the next one is met,
 * or the end: one that is last in a log that was cut may lack answers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cpython_fact_answers.h"
#include "cpython_fact_cells.h"
#include "cpython_fact_replay.h"
#include "cpython_fact_words.h"
#include "cpython_layout.h"
#include "cpython_session.h"
#include "event/event_table.h"

/* What a call is about. */
union body {
	struct {
		struct cpython_fact fact;
		struct cpython_item items[CPYTHON_ITEMS];
	} packet;
	struct cpython_define_large define;
	struct aw_event events[CPYTHON_FACT_EVENTS_MAX];
};

struct replay {
	struct cpython_fact_replay *told;
	stream_fn fn;
	void *context;
	struct fault *fault;
	unsigned number; /* of the line */
	struct cpython_translator *translator;
	/* the call that waits for its answers */
	enum cpython_fact_record call; /* NONE: there is none */
	uint64_t argument;
	uint64_t tid; /* events: of their stream; `argument` is the pid */
	size_t size;  /* of `body`, as far as it is used */
	union body *body;
	struct cpython_fact_answers answers;
	struct cpython_fact_cells cells;
};

/* ---- a call ---- */

static int play_events(struct replay *r)
{
	const struct stream_batch batch = {.pid = (uint32_t)r->argument,
	                                   .tid = (uint32_t)r->tid,
	                                   .events = r->body->events,
	                                   .count = r->size / sizeof(struct aw_event)};

	return r->fn(r->context, &batch);
}

/* A session makes them once. */
static int play_cells(struct replay *r)
{
	return r->cells.cells
	               ? -EPROTO
	               : cpython_fact_cells_load(&r->cells, cpython_translate_memory(r->translator),
	                                         r->argument,
	                                         cpython_translate_codes(r->translator));
}

static int play(struct replay *r)
{
	switch (r->call) {
	case CPYTHON_CALL_FACT:
		return cpython_translate_fact(r->translator, &r->body->packet.fact, r->size);
	case CPYTHON_CALL_DEFINE:
		return cpython_translate_define(r->translator, &r->body->define.head, r->size);
	case CPYTHON_CALL_SNAPSHOT:
		return cpython_translate_snapshot(r->translator, &r->body->packet.fact,
		                                  (enum cpython_snapshot_pass)r->argument);
	case CPYTHON_CALL_TYPE:
		return cpython_translate_type(r->translator, r->argument);
	case CPYTHON_CALL_NUMBER:
		return cpython_translate_number(r->translator, r->argument);
	case CPYTHON_CALL_MISSED:
		cpython_translate_missed(r->translator);
		return 0;
	case CPYTHON_CALL_PAUSE:
		cpython_translate_pause(r->translator);
		return 0;
	case CPYTHON_CALL_FLUSH:
		return cpython_translate_flush(r->translator, r->argument, r->fn, r->context, NULL);
	case CPYTHON_CALL_EVENTS:
		return play_events(r);
	case CPYTHON_CALL_CELLS:
		return play_cells(r);
	case CPYTHON_CALL_WATCH:
		cpython_translate_cells(r->translator, r->argument ? r->cells.cells : NULL);
		return 0;
	default:
		return 0;
	}
}

/* Does the call whose answers are all read by now. */
static int call_finish(struct replay *r)
{
	int error = 0;

	if (r->call != CPYTHON_FACT_RECORD_NONE) {
		r->told->calls++;
		error = play(r);
		/* a fact that makes no sense ended the session, too */
		if (error == -EPROTO)
			error = fault_set(r->fault, -EBADMSG,
			                  "before line %u: a fact that makes no sense", r->number);
	}
	cpython_fact_answers_end(&r->answers);
	r->call = CPYTHON_FACT_RECORD_NONE;
	return error ? error : r->answers.error;
}

/* ---- a line becomes a call ---- */

static bool fact_parse(struct replay *r, struct cpython_fact_words *words)
{
	struct cpython_fact *fact = &r->body->packet.fact;

	r->size = sizeof(*fact);
	if (!cpython_fact_fact_take(words, fact) ||
	    !cpython_fact_items_take(words, fact, r->body->packet.items))
		return false;
	r->size += fact->count * sizeof(struct cpython_item);
	return true;
}

static bool define_parse(struct replay *r, struct cpython_fact_words *words)
{
	struct cpython_define *head = &r->body->define.head;

	r->size = sizeof(*head);
	if (!cpython_fact_fact_take(words, &head->fact))
		return false;
	for (unsigned i = 0; i < CPYTHON_BLOCKS; i++) {
		size_t size;

		if (!cpython_fact_number_take(words, UINT64_MAX, &head->blocks[i].address) ||
		    !cpython_fact_bytes_take(words, (uint8_t *)head + r->size,
		                             sizeof(*r->body) - r->size, &size))
			return false;
		head->blocks[i].at = (uint32_t)r->size;
		head->blocks[i].size = (uint32_t)size;
		r->size += size;
	}
	return true;
}

static bool events_parse(struct replay *r, struct cpython_fact_words *words)
{
	if (!cpython_fact_number_take(words, UINT32_MAX, &r->argument) ||
	    !cpython_fact_number_take(words, UINT32_MAX, &r->tid) ||
	    !cpython_fact_bytes_take(words, r->body->events, sizeof(r->body->events), &r->size) ||
	    !r->size || r->size % sizeof(struct aw_event))
		return false;
	for (size_t i = 0; i < r->size / sizeof(struct aw_event); i++)
		if (!event_kind_get(r->body->events[i].kind))
			return false;
	return true;
}

static bool call_parse(struct replay *r, struct cpython_fact_words *words)
{
	switch (r->call) {
	case CPYTHON_CALL_FACT:
		return fact_parse(r, words);
	case CPYTHON_CALL_DEFINE:
		return define_parse(r, words);
	case CPYTHON_CALL_SNAPSHOT:
		return cpython_fact_number_take(words, CPYTHON_SNAPSHOT_TELL, &r->argument) &&
		       fact_parse(r, words);
	case CPYTHON_CALL_TYPE:
	case CPYTHON_CALL_NUMBER:
	case CPYTHON_CALL_CELLS:
		return cpython_fact_number_take(words, UINT64_MAX, &r->argument);
	case CPYTHON_CALL_FLUSH:
	case CPYTHON_CALL_WATCH:
		return cpython_fact_number_take(words, 1, &r->argument);
	case CPYTHON_CALL_EVENTS:
		return events_parse(r, words);
	default: /* a word that says all */
		return true;
	}
}

/* ---- the log ---- */

static int bad_line(struct replay *r)
{
	if (r->fault)
		r->fault->line = r->number;
	return fault_set(r->fault, -EBADMSG, "line %u is none of a file of facts", r->number);
}

/* The next line, without its newline. False: there is no whole one. */
static bool line_next(struct replay *r, struct cpython_fact_words *text,
                      struct cpython_fact_words *line)
{
	const char *end = memchr(text->at, '\n', (size_t)(text->end - text->at));

	if (!end)
		return false;
	*line = (struct cpython_fact_words){text->at, end};
	text->at = end + 1;
	r->number++;
	return true;
}

/* What stands behind a call: answers, and what cells are made of. */
static int behind_take(struct replay *r, enum cpython_fact_record record,
                       struct cpython_fact_words *line)
{
	if (record < CPYTHON_ANSWER_LIBRARY || record > CPYTHON_ANSWER_WRITER)
		return cpython_fact_answers_take(&r->answers, record, line);
	return r->call == CPYTHON_CALL_CELLS ? cpython_fact_cells_take(&r->cells, record, line)
	                                     : -EBADMSG;
}

static int line_take(struct replay *r, struct cpython_fact_words *line)
{
	enum cpython_fact_record record = cpython_fact_record_take(line);
	int error;

	if (record <= CPYTHON_CALL_END) {
		error = call_finish(r);
		if (error)
			return error;
		r->call = record;
		error = call_parse(r, line) ? 0 : -EBADMSG;
	} else {
		error = behind_take(r, record, line);
	}
	if (error == -EBADMSG || (!error && !cpython_fact_words_over(line)))
		return bad_line(r);
	return error;
}

static int lines_take(struct replay *r, struct cpython_fact_words *text)
{
	struct cpython_fact_words line;
	int error = 0;

	while (!error && r->call != CPYTHON_CALL_END && line_next(r, text, &line))
		error = line_take(r, &line);
	r->told->whole = !error && r->call == CPYTHON_CALL_END;
	/* what was under way when the log was cut */
	if (!error && !r->told->whole)
		error = cpython_translate_flush(r->translator, true, r->fn, r->context, NULL);
	return error;
}

bool cpython_fact_replay_fits(const char *text, size_t size)
{
	size_t n = sizeof(CPYTHON_FACT_LOG_MAGIC) - 1;

	return size > n && !memcmp(text, CPYTHON_FACT_LOG_MAGIC, n) && text[n] == ' ';
}

/* The first line: what the translator is made with. */
static int head_take(struct replay *r, struct cpython_fact_words *text,
                     struct cpython_translate_options *options)
{
	struct cpython_fact_words line;
	uint64_t format, version, pid, detail;

	if (!cpython_fact_replay_fits(text->at, (size_t)(text->end - text->at)) ||
	    !line_next(r, text, &line))
		return fault_set(r->fault, -EBADMSG, "this is no file of facts");
	line.at += sizeof(CPYTHON_FACT_LOG_MAGIC) - 1;
	if (!cpython_fact_number_take(&line, UINT32_MAX, &format))
		return bad_line(r);
	if (format != CPYTHON_FACT_LOG_VERSION)
		return fault_set(r->fault, -EPROTONOSUPPORT,
		                 "the facts are of format %u, and this is awaitness for format %u",
		                 (unsigned)format, CPYTHON_FACT_LOG_VERSION);
	if (!cpython_fact_number_take(&line, UINT32_MAX, &version) ||
	    !cpython_fact_number_take(&line, UINT32_MAX, &pid) ||
	    !cpython_fact_number_take(&line, CPYTHON_DETAILS - 1, &detail) ||
	    !cpython_fact_number_take(&line, UINT64_MAX, &options->interpreter) ||
	    !cpython_fact_number_take(&line, UINT64_MAX, &options->function) ||
	    !cpython_fact_words_over(&line))
		return bad_line(r);
	r->told->version = (uint32_t)version;
	options->pid = r->told->pid = (uint32_t)pid;
	options->detail = r->told->detail = (unsigned)detail;
	options->memory.layout = cpython_layout_find(r->told->version);
	return options->memory.layout
	               ? 0
	               : fault_set(r->fault, -EPROTONOSUPPORT,
	                           "the facts are of CPython %u.%u, which is not known",
	                           (unsigned)(version >> 8), (unsigned)(version & 0xff));
}

static void replay_fini(struct replay *r)
{
	if (r->translator)
		cpython_translate_stats(r->translator, &r->told->stats);
	cpython_translate_free(r->translator);
	cpython_fact_cells_fini(&r->cells);
	r->told->unanswered = r->answers.unanswered;
	cpython_fact_answers_fini(&r->answers);
	free(r->body);
}

int cpython_fact_replay(const char *text, size_t size, stream_fn fn, void *context,
                        struct cpython_fact_replay *out, struct fault *fault)
{
	struct cpython_fact_words left = {text, text + size};
	struct replay r = {.told = out,
	                   .fn = fn,
	                   .context = context,
	                   .fault = fault,
	                   .call = CPYTHON_FACT_RECORD_NONE};
	struct cpython_translate_options options = {
		.memory = {cpython_fact_answers_read, &r.answers, NULL, NULL},
		.lines = {cpython_fact_answers_line, &r.answers}};
	int error;

	memset(out, 0, sizeof(*out));
	r.body = calloc(1, sizeof(*r.body));
	error = r.body ? head_take(&r, &left, &options) : -ENOMEM;
	if (!error)
		error = cpython_translate_new(&options, &r.translator);
	if (!error)
		error = lines_take(&r, &left);
	replay_fini(&r);
	return error;
}
