/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inconsistent_guard.c - a triple within one acquisition of a lock, and the other access
 * without that lock (Eraser's question, asked only where a conflict exists).
 *
 * R-W-W under a lock has a sharper name: lost-update or check-then-act.
 */
#include "analyzer.h"

#include <errno.h>
#include <stdlib.h>

struct inconsistent_guard {
	const struct world *world;
	struct findings *findings;
};

static int inconsistent_guard_open(const struct analyzer_env *env, void **state)
{
	struct inconsistent_guard *self = calloc(1, sizeof(*self));

	if (!self)
		return -ENOMEM;
	self->world = env->world;
	self->findings = env->findings;
	*state = self;
	return 0;
}

static bool is_one(const struct conflict *conflict)
{
	return conflict->shape != CONFLICT_RWW && conflict->region.count &&
	       !((conflict->first.bits | conflict->second.bits) & (ACCESS_USE | ACCESS_IO));
}

static void inconsistent_guard_conflict(void *state, const struct conflict *conflict,
                                        uint64_t count)
{
	struct inconsistent_guard *self = state;

	if (!conflict->is_protected && is_one(conflict))
		findings_conflict(self->findings, self->world, RULE_INCONSISTENT_GUARD, conflict,
		                  count);
}

const struct analyzer analyzer_inconsistent_guard = {
	.name = "inconsistent-guard",
	.help = "a location guarded by a lock over a gap is written elsewhere without that lock",
	.open = inconsistent_guard_open,
	.close = free,
	.conflict = inconsistent_guard_conflict,
};
