/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_tests.c - the tests that pytest runs, by what it says in its environment: the name of the
 * test and, in brackets behind it, which part of it (setup, call, teardown).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cpython_state.h"

/* Puts the name together. Returns its length. */
static size_t name_read(const struct cpython_fact *fact, const struct cpython_item *items,
                        char *out, size_t room)
{
	size_t length = 0;

	for (unsigned i = 0; i < fact->count; i++) {
		size_t part = items[i].state > 0 ? (size_t)items[i].state : 0;

		if (items[i].kind != CPYTHON_ITEM_NAME || part > 32 || length + part >= room)
			continue;
		memcpy(out + length, &items[i].a, part);
		length += part;
	}
	out[length] = 0;
	return length;
}

/* All parts of a test are the same one. */
static void part_cut(char *name)
{
	static const char *const parts[] = {" (setup)", " (call)", " (teardown)"};
	size_t length = strlen(name);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		size_t end = strlen(parts[i]);

		if (length > end && !strcmp(name + length - end, parts[i])) {
			name[length - end] = 0;
			return;
		}
	}
}

/* A test that was not told yet: gets an id, and its name is told. */
static int test_meet(struct cpython_translator *t, struct cpython_stream *stream, uint64_t time,
                     const char *name)
{
	char *copy = strdup(name);

	if (!copy)
		return -ENOMEM;
	free(t->test_name);
	t->test_name = copy;
	t->test = ++*t->ids;
	return cpython_emit_name(stream, time, t->test, AW_ENTITY_OBJECT, name);
}

int cpython_test_tell(struct cpython_translator *t, struct cpython_stream *stream,
                      const struct cpython_fact *fact, const struct cpython_item *items)
{
	char name[AW_TEXT_MAX];
	int error = 0;

	if (!name_read(fact, items, name, sizeof(name)))
		return cpython_emit(stream, fact->time, AW_TEST, 0, 0, 0, 0);
	part_cut(name);
	if (!t->test_name || strcmp(t->test_name, name) != 0)
		error = test_meet(t, stream, fact->time, name);
	return error ? error : cpython_emit(stream, fact->time, AW_TEST, 0, 0, t->test, 0);
}
