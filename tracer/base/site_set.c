/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * site_set.c - the table behind the cache.
 */
#include <errno.h>
#include <stdlib.h>

#include "site_set.h"

static void put(uint64_t *slots, size_t room, uint64_t site)
{
	size_t at = (size_t)(site * 0x9e3779b97f4a7c15ull >> 20) & (room - 1);

	while (slots[at])
		at = (at + 1) & (room - 1);
	slots[at] = site;
}

static int grow(struct site_set *set)
{
	size_t room = set->room ? 2 * set->room : 256;
	uint64_t *slots = calloc(room, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < set->room; i++)
		if (set->slots[i])
			put(slots, room, set->slots[i]);
	free(set->slots);
	set->slots = slots;
	set->room = room;
	return 0;
}

int site_set_insert(struct site_set *set, uint64_t site)
{
	size_t at;

	if (set->count == SITE_SET_MAX)
		return 0;
	if (2 * (set->count + 1) > set->room && grow(set) < 0)
		return -ENOMEM;
	at = (size_t)(site * 0x9e3779b97f4a7c15ull >> 20) & (set->room - 1);
	while (set->slots[at] && set->slots[at] != site)
		at = (at + 1) & (set->room - 1);
	if (set->slots[at] == 0)
		set->count++;
	set->slots[at] = site;
	return 0;
}

bool site_set_has(const struct site_set *set, uint64_t site)
{
	size_t at = (size_t)(site * 0x9e3779b97f4a7c15ull >> 20) & (set->room - 1);

	if (set->room == 0)
		return false;
	while (set->slots[at] && set->slots[at] != site)
		at = (at + 1) & (set->room - 1);
	return set->slots[at] != 0;
}

void site_set_fini(struct site_set *set)
{
	free(set->slots);
	*set = (struct site_set){0};
}
