/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dump_group.h - the tasks of a picture that wait for the same at the same place, together.
 *
 * A program hangs with a hundred thousand tasks in a few places: it is the
 * places that tell why.
 */
#ifndef CLI_DUMP_GROUP_H
#define CLI_DUMP_GROUP_H

#include "dump/inspection.h"

/** Tasks order[first .. first + count): of one loop, in one state, waiting for the same. */
struct dump_group {
	size_t first, count;
};

struct dump_groups {
	size_t *order; /* indices of all tasks */
	struct dump_group *at;
	size_t count;
};

/**
 * Groups the tasks; with `each`, every task is a group. One in a deadlock, or
 * that holds a lock for which others wait, is always a group of its own. Those
 * stand first, then the largest. 0 or -ENOMEM.
 */
int dump_groups_make(const struct inspection *inspection, bool each, struct dump_groups *out);
void dump_groups_fini(struct dump_groups *groups);

#endif
