/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets of 64-bit keys.
 */
#include <stdlib.h>
#include <string.h>

#include "explore.h"

static size_t slot_of(const struct keyset *s, uint64_t key)
{
	size_t i = (size_t)((key * 0x9e3779b97f4a7c15ull) >> 36) & (s->room - 1);

	while (s->slots[i] && s->slots[i] != key)
		i = (i + 1) & (s->room - 1);
	return i;
}

static void keyset_grow(struct keyset *s)
{
	struct keyset bigger = {.room = s->room ? s->room * 2 : 64};

	bigger.slots = calloc(bigger.room, sizeof(*bigger.slots));
	if (!bigger.slots)
		abort();
	for (size_t i = 0; i < s->room; i++)
		if (s->slots[i])
			bigger.slots[slot_of(&bigger, s->slots[i])] = s->slots[i];
	bigger.used = s->used;
	free(s->slots);
	*s = bigger;
}

bool keyset_add(struct keyset *s, uint64_t key)
{
	if (s->used * 2 >= s->room)
		keyset_grow(s);
	size_t i = slot_of(s, key);

	if (s->slots[i])
		return false;
	s->slots[i] = key;
	s->used++;
	return true;
}

bool keyset_has(const struct keyset *s, uint64_t key)
{
	return s->room && s->slots[slot_of(s, key)];
}

bool keyset_equal(const struct keyset *a, const struct keyset *b)
{
	if (a->used != b->used)
		return false;
	for (size_t i = 0; i < a->room; i++)
		if (a->slots[i] && !keyset_has(b, a->slots[i]))
			return false;
	return true;
}

void keyset_fini(struct keyset *s)
{
	free(s->slots);
	memset(s, 0, sizeof(*s));
}
