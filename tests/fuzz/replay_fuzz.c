/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * replay_fuzz.c - any file of facts: it is replayed, and each read of memory is answered from it or
 * fails. The corpus is that of tests/golden/facts.
 *
 * Bytes changed at random make bad lines, which are refused. So mostly words are changed: a word
 * becomes one that stands elsewhere, a line is told again, left out, or later.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cpython/cpython_fact_replay.h"
#include "event/event_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);

static int check(void *context, const struct stream_batch *batch)
{
	(void)context;
	for (size_t i = 0; i < batch->count; i++)
		if (!event_kind_get(batch->events[i].kind))
			abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cpython_fact_replay told;
	struct fault fault = {0};
	int error = cpython_fact_replay((const char *)data, size, check, NULL, &told, &fault);

	/* What is refused is refused with a reason. */
	if (error == -ENOMEM || (error && !*fault.message))
		abort();
	return 0;
}

/* A part of the input. */
struct span {
	size_t at, size;
};

/* The word, or the line, that stands at a byte; `ends`: what parts them. */
static struct span span_at(const uint8_t *data, size_t size, size_t at, const char *ends)
{
	struct span span = {at, 0};

	while (span.at && !strchr(ends, data[span.at - 1]))
		span.at--;
	while (at < size && data[at] && !strchr(ends, data[at]))
		at++;
	span.size = at > span.at ? at - span.at : 0;
	return span;
}

/* Puts `what` in the place of `to`. Returns the size then; the same: there is no room. */
static size_t span_put(uint8_t *data, size_t size, size_t room, struct span to, const uint8_t *what,
                       size_t length)
{
	if (size - to.size + length > room)
		return size;
	memmove(data + to.at + length, data + to.at + to.size, size - to.at - to.size);
	memcpy(data + to.at, what, length);
	return size - to.size + length;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	enum { COPY_MAX = 4096 };
	uint8_t copy[COPY_MAX];
	struct span from, to;
	const char *ends = seed % 4 ? " \n" : "\n";

	srandom(seed);
	if (size < 2 || seed % 8 == 7)
		return LLVMFuzzerMutate(data, size, room);
	from = span_at(data, size, (size_t)random() % size, ends);
	to = span_at(data, size, (size_t)random() % size, ends);
	if (from.size > COPY_MAX - 1)
		return LLVMFuzzerMutate(data, size, room);
	memcpy(copy, data + from.at, from.size);
	copy[from.size] = '\n';
	if (seed % 4) /* a word in the place of another */
		return span_put(data, size, room, to, copy, from.size);
	if (seed % 16 == 0 && to.at + to.size < size) /* a line is left out */
		return span_put(data, size, room, (struct span){to.at, to.size + 1}, copy, 0);
	return span_put(data, size, room, (struct span){to.at, 0}, copy, from.size + 1);
}
