/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_then_act.c - a test (AW_TEST), a gap, and then the act: a write of the
 * location tested, or a marked use (AW_USE) of what was learnt from it, while another
 * wrote it in between. Not if that write is what the task was woken for.
 */
#include "analyzer.h"

#include <errno.h>
#include <stdlib.h>

struct check_then_act {
	const struct world *world;
	struct findings *findings;
};

static int check_then_act_open(const struct analyzer_env *env, void **state)
{
	struct check_then_act *self = calloc(1, sizeof(*self));

	if (!self)
		return -ENOMEM;
	self->world = env->world;
	self->findings = env->findings;
	*state = self;
	return 0;
}

/* Who fills in what stands there already does no harm. */
static bool is_one(const struct conflict *conflict)
{
	return (conflict->first.bits & ACCESS_TEST) && !(conflict->second.bits & ACCESS_SAME) &&
	       (conflict->shape == CONFLICT_RWW || (conflict->second.bits & ACCESS_USE));
}

static void check_then_act_conflict(void *state, const struct conflict *conflict, uint64_t count)
{
	struct check_then_act *self = state;

	if (!conflict->is_protected && is_one(conflict))
		findings_conflict(self->findings, self->world, RULE_CHECK_THEN_ACT, conflict,
		                  count);
}

const struct analyzer analyzer_check_then_act = {
	.name = "check-then-act",
	.help = "a test before a gap decides about an act after it, and another task changed what "
		"was tested",
	.open = check_then_act_open,
	.close = free,
	.conflict = check_then_act_conflict,
};
