/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_set.c - see test_set.h. One test runs after the other, so it is nearly always the last.
 */
#include "test_set.h"

#include <errno.h>
#include <stdlib.h>

int test_set_add(struct test_set *set, uint64_t test)
{
	if (!test)
		return 0;
	for (uint32_t i = set->count; i-- > 0;)
		if (set->ids[i] == test)
			return 0;
	if (set->count == set->room) {
		uint32_t room = set->room ? set->room * 2 : 4;
		uint64_t *ids = reallocarray(set->ids, room, sizeof(*ids));

		if (!ids)
			return -ENOMEM;
		set->ids = ids;
		set->room = room;
	}
	set->ids[set->count++] = test;
	return 0;
}

int test_set_join(struct test_set *set, const struct test_set *other)
{
	int err = 0;

	for (uint32_t i = 0; i < other->count && !err; i++)
		err = test_set_add(set, other->ids[i]);
	return err;
}

void test_set_fini(struct test_set *set)
{
	free(set->ids);
	*set = (struct test_set){0};
}
