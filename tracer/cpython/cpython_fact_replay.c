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

#include "cpython_fact_cells.h"
#include "cpython_fact_image.h"
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

/* What a read was answered. */
struct answer {
	uint64_t ordinal; /* of the read in its call, from 1 */
	uint64_t address;
	size_t size;
	size_t at;   /* of its bytes, in `bytes` */
	int failure; /* negative errno; 0: there are bytes */
};

/* A line of the target's source. */
struct line {
	char *text; /* behind the name */
	char file[];
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
	/* the answers */
	struct answer *answers;
	size_t count, room, applied;
	uint8_t *bytes;
	size_t byte_count, byte_room;
	uint64_t reads;
	int error; /* the first of memory */
	struct cpython_fact_image image;
	struct cpython_table lines;
	struct cpython_fact_cells cells;
};

/* ---- what the translator asks ---- */

static const struct answer *answer_apply(struct replay *r)
{
	const struct answer *answer = &r->answers[r->applied++];

	if (answer->failure)
		cpython_fact_image_forget(&r->image, answer->address, answer->size);
	else if (cpython_fact_image_put(&r->image, answer->address, r->bytes + answer->at,
	                                answer->size))
		r->error = -ENOMEM;
	return answer;
}

/* A cpython_read_fn. Memory changes between two reads: an answer is true from its own read on.
 * Where the translator asks in another order than the one that wrote the log, it is true before
 * that. */
static int memory_read(void *context, uint64_t address, void *out, size_t size)
{
	struct replay *r = context;

	r->reads++;
	while (r->applied < r->count && r->answers[r->applied].ordinal <= r->reads) {
		const struct answer *answer = answer_apply(r);

		if (answer->failure && answer->ordinal == r->reads && answer->address == address &&
		    answer->size == size)
			return answer->failure;
	}
	while (!cpython_fact_image_get(&r->image, address, out, size)) {
		if (r->applied == r->count) {
			r->told->unanswered++;
			return -EFAULT;
		}
		answer_apply(r);
	}
	return 0;
}

static uint64_t file_key(const char *file)
{
	return cpython_text_hash(CPYTHON_TEXT_HASH, file);
}

static const char *line_read(void *context, const char *file, uint32_t number)
{
	const struct replay *r = context;
	const struct line *line = cpython_table_get(&r->lines, file_key(file), number);

	return line && !strcmp(line->file, file) ? line->text : NULL;
}

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
		r->reads = 0;
		r->told->calls++;
		error = play(r);
		/* a fact that makes no sense ended the session, too */
		if (error == -EPROTO)
			error = fault_set(r->fault, -EBADMSG,
			                  "before line %u: a fact that makes no sense", r->number);
	}
	while (r->applied < r->count && !error)
		answer_apply(r);
	r->count = r->applied = r->byte_count = 0;
	r->call = CPYTHON_FACT_RECORD_NONE;
	return error ? error : r->error;
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

/* ---- a line becomes an answer ---- */

/* Room for `want` things of `each` bytes; what was there stays. */
static bool room_make(void *at, size_t *room, size_t want, size_t each)
{
	size_t more = *room ? *room : 64;
	void *moved;

	if (want <= *room)
		return true;
	while (more < want)
		more *= 2;
	moved = reallocarray(*(void **)at, more, each);
	if (!moved)
		return false;
	*(void **)at = moved;
	*room = more;
	return true;
}

static bool answer_bytes(struct replay *r, struct answer *answer, struct cpython_fact_words *words)
{
	size_t most = cpython_fact_bytes_most(words);

	answer->at = r->byte_count;
	if (!room_make(&r->bytes, &r->byte_room, r->byte_count + most + 1, 1)) {
		r->error = -ENOMEM;
		return true;
	}
	if (!cpython_fact_bytes_take(words, r->bytes + answer->at, most, &answer->size))
		return false;
	r->byte_count += answer->size;
	return true;
}

static bool answer_failure(struct answer *answer, struct cpython_fact_words *words)
{
	enum { FAILURE_MAX = 4095 };
	uint64_t size, number;

	if (!cpython_fact_number_take(words, SIZE_MAX, &size) ||
	    !cpython_fact_number_take(words, FAILURE_MAX, &number) || !number)
		return false;
	answer->size = size;
	answer->failure = -(int)number;
	return true;
}

static bool answer_parse(struct replay *r, bool failed, struct cpython_fact_words *words)
{
	struct answer answer = {0};

	if (!cpython_fact_number_take(words, UINT64_MAX, &answer.ordinal) ||
	    !cpython_fact_number_take(words, UINT64_MAX, &answer.address) ||
	    !(failed ? answer_failure(&answer, words) : answer_bytes(r, &answer, words)) ||
	    answer.size > UINT64_MAX - answer.address)
		return false;
	if (room_make(&r->answers, &r->room, r->count + 1, sizeof(answer)))
		r->answers[r->count++] = answer;
	else
		r->error = -ENOMEM;
	return true;
}

static bool line_parse(struct replay *r, struct cpython_fact_words *words)
{
	size_t room = (size_t)(words->end - words->at) + 2;
	struct line *line = malloc(sizeof(*line) + 2 * room), *before;
	uint64_t number;

	if (!line) {
		r->error = -ENOMEM;
		return true;
	}
	line->text = line->file + room;
	if (!cpython_fact_number_take(words, UINT32_MAX, &number) ||
	    !cpython_fact_text_take(words, line->file, room) ||
	    !cpython_fact_text_take(words, line->text, room)) {
		free(line);
		return false;
	}
	before = cpython_table_get(&r->lines, file_key(line->file), number);
	if (before || cpython_table_put(&r->lines, file_key(line->file), number, line)) {
		r->error = before ? 0 : -ENOMEM;
		free(line); /* what was given stays */
	}
	return true;
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

static int line_take(struct replay *r, struct cpython_fact_words *line)
{
	enum cpython_fact_record record = cpython_fact_record_take(line);
	bool sound, call = record <= CPYTHON_CALL_END;
	int error = call ? call_finish(r) : 0;

	if (error)
		return error;
	if (call) {
		r->call = record;
		sound = call_parse(r, line);
	} else if (record == CPYTHON_ANSWER_LINE) {
		sound = line_parse(r, line);
	} else if (record >= CPYTHON_ANSWER_LIBRARY && record <= CPYTHON_ANSWER_WRITER) {
		error = r->call == CPYTHON_CALL_CELLS
		                ? cpython_fact_cells_take(&r->cells, record, line)
		                : -EBADMSG;
		if (error && error != -EBADMSG)
			return error;
		sound = !error;
	} else {
		sound = record != CPYTHON_FACT_RECORD_NONE &&
		        answer_parse(r, record == CPYTHON_ANSWER_FAIL, line);
	}
	return sound && cpython_fact_words_over(line) ? r->error : bad_line(r);
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
	cpython_fact_image_fini(&r->image);
	cpython_table_fini(&r->lines, free);
	free(r->answers);
	free(r->bytes);
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
	struct cpython_translate_options options = {.memory = {memory_read, &r, NULL, NULL},
	                                            .lines = {line_read, &r}};
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
