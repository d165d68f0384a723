/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * torn_read.c - W-R-W within one acquisition of a lock, and the read without it.
 *
 * That two writes belong together is not in the events; that one acquisition spans
 * them says it. Two writes under no lock (a status that changes) are no finding.
 */
#include "analyzer.h"

#include <errno.h>
#include <stdlib.h>

struct torn_read {
	const struct world *world;
	struct findings *findings;
};

static int torn_read_open(const struct analyzer_env *env, void **state)
{
	struct torn_read *self = calloc(1, sizeof(*self));

	if (!self)
		return -ENOMEM;
	self->world = env->world;
	self->findings = env->findings;
	*state = self;
	return 0;
}

static bool is_one(const struct conflict *conflict)
{
	return conflict->shape == CONFLICT_WRW && conflict->region.count &&
	       !(conflict->first.bits & ACCESS_IO);
}

static void torn_read_conflict(void *state, const struct conflict *conflict, uint64_t count)
{
	struct torn_read *self = state;

	if (!conflict->is_protected && is_one(conflict))
		findings_conflict(self->findings, self->world, RULE_TORN_READ, conflict, count);
}

const struct analyzer analyzer_torn_read = {
	.name = "torn-read",
	.help = "a reader without the lock sees a state between two writes of one critical section",
	.open = torn_read_open,
	.close = free,
	.conflict = torn_read_conflict,
};
