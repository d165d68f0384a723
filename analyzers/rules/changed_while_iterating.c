/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * changed_while_iterating.c - an iteration over a container, a gap inside its loop, and then the
 * iteration's next step, while another task added or removed entries in between. In Python that
 * step raises RuntimeError for a dict or set.
 */
#include "analyzer.h"

#include <errno.h>
#include <stdlib.h>

struct changed_while_iterating {
	const struct world *world;
	struct findings *findings;
};

static int changed_while_iterating_open(const struct analyzer_env *env, void **state)
{
	struct changed_while_iterating *self = calloc(1, sizeof(*self));

	if (!self)
		return -ENOMEM;
	self->world = env->world;
	self->findings = env->findings;
	*state = self;
	return 0;
}

static bool is_one(const struct conflict *conflict)
{
	return conflict->second.bits & ACCESS_ITERATE;
}

static void changed_while_iterating_conflict(void *state, const struct conflict *conflict,
                                             uint64_t count)
{
	struct changed_while_iterating *self = state;

	if (!conflict->is_protected && is_one(conflict))
		findings_conflict(self->findings, self->world, RULE_CHANGED_ITERATING, conflict,
		                  count);
}

const struct analyzer analyzer_changed_while_iterating = {
	.name = "changed-while-iterating",
	.help = "a container is iterated over a gap, and another task added or removed entries",
	.open = changed_while_iterating_open,
	.close = free,
	.conflict = changed_while_iterating_conflict,
};
