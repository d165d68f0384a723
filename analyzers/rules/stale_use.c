/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stale_use.c - a value read or written, a gap, and then its use (AW_USE), while
 * another wrote the location in between. A task that reads again after the gap uses
 * nothing stale. Not if that write is what the task was woken for.
 */
#include "analyzer.h"

#include <errno.h>
#include <stdlib.h>

struct stale_use {
	const struct world *world;
	struct findings *findings;
};

static int stale_use_open(const struct analyzer_env *env, void **state)
{
	struct stale_use *self = calloc(1, sizeof(*self));

	if (!self)
		return -ENOMEM;
	self->world = env->world;
	self->findings = env->findings;
	*state = self;
	return 0;
}

static bool is_one(const struct conflict *conflict)
{
	return (conflict->second.bits & ACCESS_USE) && !(conflict->second.bits & ACCESS_ITERATE) &&
	       !(conflict->first.bits & ACCESS_TEST);
}

static void stale_use_conflict(void *state, const struct conflict *conflict, uint64_t count)
{
	struct stale_use *self = state;

	if (!conflict->is_protected && is_one(conflict))
		findings_conflict(self->findings, self->world, RULE_STALE_USE, conflict, count);
}

const struct analyzer analyzer_stale_use = {
	.name = "stale-use",
	.help = "a value read before a gap is used after it, and another task changed it",
	.open = stale_use_open,
	.close = free,
	.conflict = stale_use_conflict,
};
