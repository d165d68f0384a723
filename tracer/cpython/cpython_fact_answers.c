/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_fact_answers.c - see cpython_fact_answers.h.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cpython_fact_answers.h"
#include "base/hash.h"

/* What a read was answered. */
struct cpython_fact_answer {
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

/* ---- what the translator asks ---- */

static const struct cpython_fact_answer *answer_apply(struct cpython_fact_answers *a)
{
	const struct cpython_fact_answer *answer = &a->list[a->applied++];

	if (answer->failure)
		cpython_fact_image_forget(&a->image, answer->address, answer->size);
	else if (cpython_fact_image_put(&a->image, answer->address, a->bytes + answer->at,
	                                answer->size))
		a->error = -ENOMEM;
	return answer;
}

int cpython_fact_answers_read(void *context, uint64_t address, void *out, size_t size)
{
	struct cpython_fact_answers *a = context;

	a->reads++;
	while (a->applied < a->count && a->list[a->applied].ordinal <= a->reads) {
		const struct cpython_fact_answer *answer = answer_apply(a);

		if (answer->failure && answer->ordinal == a->reads && answer->address == address &&
		    answer->size == size)
			return answer->failure;
	}
	while (!cpython_fact_image_get(&a->image, address, out, size)) {
		if (a->applied == a->count) {
			a->unanswered++;
			return -EFAULT;
		}
		answer_apply(a);
	}
	return 0;
}

static uint64_t file_key(const char *file)
{
	return hash_text(HASH_TEXT, file);
}

const char *cpython_fact_answers_line(void *context, const char *file, uint32_t number)
{
	const struct cpython_fact_answers *a = context;
	const struct line *line = cpython_table_get(&a->lines, file_key(file), number);

	return line && !strcmp(line->file, file) ? line->text : NULL;
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

static int answer_bytes(struct cpython_fact_answers *a, struct cpython_fact_answer *answer,
                        struct cpython_fact_words *words)
{
	size_t most = cpython_fact_bytes_most(words);

	answer->at = a->byte_count;
	if (!room_make(&a->bytes, &a->byte_room, a->byte_count + most + 1, 1))
		return -ENOMEM;
	if (!cpython_fact_bytes_take(words, a->bytes + answer->at, most, &answer->size))
		return -EBADMSG;
	a->byte_count += answer->size;
	return 0;
}

static int answer_failure(struct cpython_fact_answer *answer, struct cpython_fact_words *words)
{
	enum { FAILURE_MAX = 4095 };
	uint64_t size, number;

	if (!cpython_fact_number_take(words, SIZE_MAX, &size) ||
	    !cpython_fact_number_take(words, FAILURE_MAX, &number) || !number)
		return -EBADMSG;
	answer->size = size;
	answer->failure = -(int)number;
	return 0;
}

static int answer_take(struct cpython_fact_answers *a, bool failed,
                       struct cpython_fact_words *words)
{
	struct cpython_fact_answer answer = {0};
	int error;

	if (!cpython_fact_number_take(words, UINT64_MAX, &answer.ordinal) ||
	    !cpython_fact_number_take(words, UINT64_MAX, &answer.address))
		return -EBADMSG;
	error = failed ? answer_failure(&answer, words) : answer_bytes(a, &answer, words);
	if (!error && answer.size > UINT64_MAX - answer.address)
		error = -EBADMSG;
	if (!error && !room_make(&a->list, &a->room, a->count + 1, sizeof(answer)))
		error = -ENOMEM;
	if (!error)
		a->list[a->count++] = answer;
	return error;
}

static int line_read(struct line *line, size_t room, struct cpython_fact_words *words,
                     uint64_t *number)
{
	line->text = line->file + room;
	return cpython_fact_number_take(words, UINT32_MAX, number) &&
	                       cpython_fact_text_take(words, line->file, room) &&
	                       cpython_fact_text_take(words, line->text, room)
	               ? 0
	               : -EBADMSG;
}

/* Of a line that is told twice, what was told first stays: it has been given away. */
static int line_take(struct cpython_fact_answers *a, struct cpython_fact_words *words)
{
	size_t room = (size_t)(words->end - words->at) + 2;
	struct line *line = malloc(sizeof(*line) + 2 * room);
	uint64_t number;
	bool again = false;
	int error = line ? line_read(line, room, words, &number) : -ENOMEM;

	if (!error)
		again = cpython_table_get(&a->lines, file_key(line->file), number);
	if (!error && !again)
		error = cpython_table_put(&a->lines, file_key(line->file), number, line);
	if (error || again)
		free(line);
	return error;
}

int cpython_fact_answers_take(struct cpython_fact_answers *answers, enum cpython_fact_record record,
                              struct cpython_fact_words *words)
{
	switch (record) {
	case CPYTHON_ANSWER_READ:
	case CPYTHON_ANSWER_FAIL:
		return answer_take(answers, record == CPYTHON_ANSWER_FAIL, words);
	case CPYTHON_ANSWER_LINE:
		return line_take(answers, words);
	default:
		return -EBADMSG;
	}
}

void cpython_fact_answers_end(struct cpython_fact_answers *answers)
{
	while (answers->applied < answers->count)
		answer_apply(answers);
	answers->count = answers->applied = answers->byte_count = 0;
	answers->reads = 0;
}

void cpython_fact_answers_fini(struct cpython_fact_answers *answers)
{
	cpython_fact_image_fini(&answers->image);
	cpython_table_fini(&answers->lines, free);
	free(answers->list);
	free(answers->bytes);
}
