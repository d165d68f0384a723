/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_fact_answers.h - what a log of facts says to each read of memory and each line of source
 * that the translator asks for while a call is replayed.
 */
#ifndef CPYTHON_FACT_ANSWERS_H
#define CPYTHON_FACT_ANSWERS_H

#include <stddef.h>
#include <stdint.h>

#include "cpython_fact_image.h"
#include "cpython_fact_words.h"
#include "cpython_table.h"

struct cpython_fact_answer;

/** Zero-initialised: there are none. */
struct cpython_fact_answers {
	struct cpython_fact_answer *list; /* of the call that is replayed next */
	size_t count, room, applied;
	uint8_t *bytes; /* theirs */
	size_t byte_count, byte_room;
	uint64_t reads;      /* of this call so far */
	uint64_t unanswered; /* reads, of all calls */
	int error;           /* -ENOMEM: what is answered since then is not true */
	struct cpython_fact_image image;
	struct cpython_table lines; /* of source, all that were told */
};

/** Takes what stands behind the word `read`, `fail` or `line`. 0, -EBADMSG or -ENOMEM. */
int cpython_fact_answers_take(struct cpython_fact_answers *answers, enum cpython_fact_record record,
                              struct cpython_fact_words *words);

/** A cpython_read_fn; `context`: the answers. Memory changes between two reads: an answer is true
 * from its own read on. Where the translator asks in another order than the one that wrote the log,
 * it is true before that. */
int cpython_fact_answers_read(void *context, uint64_t address, void *out, size_t size);

/** The `line` of struct cpython_lines; likewise. */
const char *cpython_fact_answers_line(void *context, const char *file, uint32_t number);

/** The call has been replayed. What it was told holds on. */
void cpython_fact_answers_end(struct cpython_fact_answers *answers);

void cpython_fact_answers_fini(struct cpython_fact_answers *answers);

#endif
