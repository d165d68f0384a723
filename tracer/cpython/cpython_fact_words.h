/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_fact_words.h - the words of which a log of facts is made (docs/facts-format.md): numbers
 * and bytes in hexadecimal, texts in quotes, parted by blanks.
 */
#ifndef CPYTHON_FACT_WORDS_H
#define CPYTHON_FACT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bpf/cpython_record.h"

/** X(word, value): what a line is, by its first word. Answers belong to the call before them. */
#define CPYTHON_FACT_RECORDS(X)                                                                    \
	X("fact", CALL_FACT)                                                                       \
	X("define", CALL_DEFINE)                                                                   \
	X("snapshot", CALL_SNAPSHOT)                                                               \
	X("type", CALL_TYPE)                                                                       \
	X("number", CALL_NUMBER)                                                                   \
	X("missed", CALL_MISSED)                                                                   \
	X("pause", CALL_PAUSE)                                                                     \
	X("flush", CALL_FLUSH)                                                                     \
	X("events", CALL_EVENTS)                                                                   \
	X("cells", CALL_CELLS)                                                                     \
	X("watch", CALL_WATCH)                                                                     \
	X("end", CALL_END)                                                                         \
	X("read", ANSWER_READ)                                                                     \
	X("fail", ANSWER_FAIL)                                                                     \
	X("line", ANSWER_LINE)                                                                     \
	X("library", ANSWER_LIBRARY)                                                               \
	X("module", ANSWER_MODULE)                                                                 \
	X("window", ANSWER_WINDOW)                                                                 \
	X("writer", ANSWER_WRITER)

enum cpython_fact_record {
#define CPYTHON_FACT_RECORD(word, value) CPYTHON_##value,
	CPYTHON_FACT_RECORDS(CPYTHON_FACT_RECORD)
#undef CPYTHON_FACT_RECORD
		CPYTHON_FACT_RECORD_NONE
};

#define CPYTHON_FACT_LOG_MAGIC   "awaitness-facts"
#define CPYTHON_FACT_LOG_VERSION 1
/* In one record. */
#define CPYTHON_FACT_EVENTS_MAX 4096u

/** What is left of a line. */
struct cpython_fact_words {
	const char *at, *end;
};

/* ---- writing ---- */

void cpython_fact_record_put(FILE *out, enum cpython_fact_record record);
void cpython_fact_number_put(FILE *out, uint64_t number);
/** At least one byte; `-` for none. */
void cpython_fact_bytes_put(FILE *out, const void *bytes, size_t size);
void cpython_fact_text_put(FILE *out, const char *text);
void cpython_fact_fact_put(FILE *out, const struct cpython_fact *fact);
void cpython_fact_items_put(FILE *out, const struct cpython_fact *fact);

/* ---- reading; false, or NONE: the line says something else ---- */

enum cpython_fact_record cpython_fact_record_take(struct cpython_fact_words *words);
/** A number of at most `most`. */
bool cpython_fact_number_take(struct cpython_fact_words *words, uint64_t most, uint64_t *out);
bool cpython_fact_bytes_take(struct cpython_fact_words *words, void *out, size_t room,
                             size_t *size);
/** At most so many bytes are in the next word. */
size_t cpython_fact_bytes_most(const struct cpython_fact_words *words);
/** Terminated; false also when it is longer than room - 1 bytes, or holds a NUL. */
bool cpython_fact_text_take(struct cpython_fact_words *words, char *out, size_t room);
bool cpython_fact_fact_take(struct cpython_fact_words *words, struct cpython_fact *fact);
/** As many as `fact` says it has; there is room for CPYTHON_ITEMS. */
bool cpython_fact_items_take(struct cpython_fact_words *words, const struct cpython_fact *fact,
                             struct cpython_item *items);
/** Is the line used up? */
bool cpython_fact_words_over(const struct cpython_fact_words *words);

#endif
