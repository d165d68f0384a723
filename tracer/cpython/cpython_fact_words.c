/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_fact_words.c - see cpython_fact_words.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "cpython_fact_words.h"

enum { ZEROS = 0xff }; /* of a run */

static const char *const records[] = {
#define RECORD(word, value) word,
	CPYTHON_FACT_RECORDS(RECORD)
#undef RECORD
};

/* A member of a struct that is a word, in the order of the words. */
struct member {
	uint16_t offset, size;
};

#define MEMBER(type, name)                                                                         \
	{                                                                                          \
		offsetof(struct type, name), sizeof(((struct type *)0)->name)                      \
	}
#define MEMBERS(list) list, sizeof(list) / sizeof((list)[0])

static const struct member fact_members[] = {
	MEMBER(cpython_fact, kind),         MEMBER(cpython_fact, count),
	MEMBER(cpython_fact, pid),          MEMBER(cpython_fact, tid),
	MEMBER(cpython_fact, number),       MEMBER(cpython_fact, time),
	MEMBER(cpython_fact, task),         MEMBER(cpython_fact, coro),
	MEMBER(cpython_fact, last),         MEMBER(cpython_fact, last_coro),
	MEMBER(cpython_fact, last_entered), MEMBER(cpython_fact, flags),
	MEMBER(cpython_fact, settled),      MEMBER(cpython_fact, outcome),
	MEMBER(cpython_fact, pushed),       MEMBER(cpython_fact, popped),
};

static const struct member item_members[] = {
	MEMBER(cpython_item, kind),  MEMBER(cpython_item, index),  MEMBER(cpython_item, state),
	MEMBER(cpython_item, flags), MEMBER(cpython_item, offset), MEMBER(cpython_item, a),
	MEMBER(cpython_item, b),     MEMBER(cpython_item, c),      MEMBER(cpython_item, d),
};

void cpython_fact_record_put(FILE *out, enum cpython_fact_record record)
{
	fputs(records[record], out);
}

void cpython_fact_number_put(FILE *out, uint64_t number)
{
	fprintf(out, " %llx", (unsigned long long)number);
}

void cpython_fact_bytes_put(FILE *out, const void *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *at = bytes;

	fputs(size ? " " : " -", out);
	for (size_t i = 0, zeros; i < size; i += zeros ? zeros : 1) {
		for (zeros = 0; zeros < ZEROS && i + zeros < size && !at[i + zeros];)
			zeros++;
		if (zeros)
			putc('z', out);
		putc(digits[(zeros ? zeros : at[i]) >> 4], out);
		putc(digits[(zeros ? zeros : at[i]) & 15], out);
	}
}

void cpython_fact_text_put(FILE *out, const char *text)
{
	size_t size = ESCAPE_ROOM(strlen(text));
	char *escaped = malloc(size);

	if (escaped)
		escape_text(escaped, size, text, strlen(text), true);
	fprintf(out, " \"%s\"", escaped ? escaped : "");
	free(escaped);
}

/* Values are little-endian, as those of the machines whose Pythons are traced. */
static void members_put(FILE *out, const struct member *members, size_t count, const void *from)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t value = 0;

		memcpy(&value, (const char *)from + members[i].offset, members[i].size);
		cpython_fact_number_put(out, value);
	}
}

void cpython_fact_fact_put(FILE *out, const struct cpython_fact *fact)
{
	members_put(out, MEMBERS(fact_members), fact);
}

void cpython_fact_items_put(FILE *out, const struct cpython_fact *fact)
{
	const struct cpython_item *items = (const void *)(fact + 1);

	for (unsigned i = 0; i < fact->count; i++)
		members_put(out, MEMBERS(item_members), &items[i]);
}

/* The next word, without the blank before it. */
static bool word_take(struct cpython_fact_words *words, const char **word, size_t *length)
{
	const char *at = words->at;

	if (at < words->end && *at == ' ')
		at++;
	*word = at;
	while (at < words->end && *at != ' ')
		at++;
	*length = (size_t)(at - *word);
	words->at = at;
	return *length > 0;
}

enum cpython_fact_record cpython_fact_record_take(struct cpython_fact_words *words)
{
	unsigned record = 0;
	const char *word;
	size_t length;

	if (!word_take(words, &word, &length))
		return CPYTHON_FACT_RECORD_NONE;
	while (record < CPYTHON_FACT_RECORD_NONE &&
	       (strlen(records[record]) != length || memcmp(records[record], word, length) != 0))
		record++;
	return (enum cpython_fact_record)record;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool cpython_fact_number_take(struct cpython_fact_words *words, uint64_t most, uint64_t *out)
{
	const char *word;
	size_t length;

	*out = 0;
	if (!word_take(words, &word, &length) || length > 16)
		return false;
	for (size_t i = 0; i < length; i++) {
		int value = digit(word[i]);

		if (value < 0)
			return false;
		*out = *out << 4 | (uint64_t)value;
	}
	return *out <= most;
}

size_t cpython_fact_bytes_most(const struct cpython_fact_words *words)
{
	struct cpython_fact_words rest = *words;
	size_t length, most = 0;
	const char *at;

	word_take(&rest, &at, &length);
	for (size_t i = 0; i < length; i++)
		most += at[i] == 'z' ? ZEROS : 0;
	return most + length / 2;
}

bool cpython_fact_bytes_take(struct cpython_fact_words *words, void *out, size_t room, size_t *size)
{
	uint8_t *to = out;
	const char *at, *end;
	size_t length;

	*size = 0;
	if (!word_take(words, &at, &length))
		return false;
	if (length == 1 && *at == '-')
		return true;
	for (end = at + length; at < end; at += 2) {
		bool zeros = *at == 'z';
		int high, low;

		at += zeros;
		if (end - at < 2)
			return false;
		high = digit(at[0]);
		low = digit(at[1]);
		if (high < 0 || low < 0 || room - *size < (zeros ? (size_t)(high << 4 | low) : 1))
			return false;
		if (zeros)
			memset(to + *size, 0, (size_t)(high << 4 | low));
		else
			to[*size] = (uint8_t)(high << 4 | low);
		*size += zeros ? (size_t)(high << 4 | low) : 1;
	}
	return true;
}

bool cpython_fact_text_take(struct cpython_fact_words *words, char *out, size_t room)
{
	const char *at = words->at, *from;
	long n;

	if (words->end - at < 3 || at[0] != ' ' || at[1] != '"')
		return false;
	from = at += 2;
	while (at < words->end && *at != '"')
		at += *at == '\\' && at + 1 < words->end ? 2 : 1;
	if (at >= words->end)
		return false;
	n = escape_decode(out, room - 1, from, (size_t)(at - from));
	words->at = at + 1;
	if (n < 0 || memchr(out, 0, (size_t)n))
		return false;
	out[n] = 0;
	return true;
}

static bool members_take(struct cpython_fact_words *words, const struct member *members,
                         size_t count, void *to)
{
	for (size_t i = 0; i < count; i++) {
		size_t size = members[i].size;
		uint64_t value;

		if (!cpython_fact_number_take(words, size < 8 ? (1ull << 8 * size) - 1 : UINT64_MAX,
		                              &value))
			return false;
		memcpy((char *)to + members[i].offset, &value, size);
	}
	return true;
}

bool cpython_fact_fact_take(struct cpython_fact_words *words, struct cpython_fact *fact)
{
	return members_take(words, MEMBERS(fact_members), fact);
}

bool cpython_fact_items_take(struct cpython_fact_words *words, const struct cpython_fact *fact,
                             struct cpython_item *items)
{
	if (fact->count > CPYTHON_ITEMS)
		return false;
	for (unsigned i = 0; i < fact->count; i++)
		if (!members_take(words, MEMBERS(item_members), &items[i]))
			return false;
	return true;
}

bool cpython_fact_words_over(const struct cpython_fact_words *words)
{
	return words->at == words->end;
}
