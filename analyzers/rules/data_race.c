/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * data_race.c - two threads access a location, one writes, and neither a wake-up orders
 * the two nor a lock keeps them apart (races.c).
 *
 * What a suspension is to tasks of one loop, anything is to threads: no gap is
 * needed. It is told as possible: accesses have no stamps of their own, so
 * whether they met is not known.
 */
#include "analyzer.h"

#include <errno.h>
#include <stdlib.h>

struct data_race {
	const struct world *world;
	struct findings *findings;
};

static int data_race_open(const struct analyzer_env *env, void **state)
{
	struct data_race *self = calloc(1, sizeof(*self));

	if (!self)
		return -ENOMEM;
	self->world = env->world;
	self->findings = env->findings;
	*state = self;
	return 0;
}

static void data_race_conflict(void *state, const struct conflict *conflict, uint64_t count)
{
	struct data_race *self = state;
	struct conflict race = *conflict;

	if (conflict->shape != CONFLICT_RACE || conflict->is_protected)
		return;
	/* Which of the two came first means nothing: two places are one finding. */
	if (race.first.site > race.other.site) {
		race.first = conflict->other;
		race.other = conflict->first;
	}
	findings_conflict(self->findings, self->world, RULE_DATA_RACE, &race, count);
}

const struct analyzer analyzer_data_race = {
	.name = "data-race",
	.help = "two threads access a location, one writes, and nothing orders them",
	.open = data_race_open,
	.close = free,
	.conflict = data_race_conflict,
};
