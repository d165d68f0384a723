/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * long_step.c - a step that kept the loop from running anything else for long.
 *
 * Only from sources that see when a step ends. Time in nested steps counts:
 * the loop is blocked by them as well.
 */
#include "analyzer.h"

#include <errno.h>
#include <stdlib.h>

struct long_step {
	const struct world *world;
	struct findings *findings;
	uint64_t limit; /* ns */
};

static int long_step_open(const struct analyzer_env *env, void **state)
{
	struct long_step *self = calloc(1, sizeof(*self));

	if (!self)
		return -ENOMEM;
	self->world = env->world;
	self->findings = env->findings;
	self->limit = env->options.long_step_ns;
	*state = self;
	return 0;
}

static void long_step_before(void *state, const struct moment *moment)
{
	struct long_step *self = state;
	const struct actor *actor = moment->actor;
	uint64_t length = moment->event->time - actor->since;
	struct finding *finding;

	if (actor->plain || !actor->running || moment->event->time < actor->since ||
	    length <= self->limit)
		return;
	/* A step goes from one suspension to the next: both places name it. */
	finding = findings_get(self->findings, RULE_LONG_STEP, 0, actor->site,
	                       moment->event->kind == AW_SUSPEND ? moment->event->site : 0, 0);
	if (!finding)
		return;
	finding->observed++;
	findings_seen_in(self->findings, finding, world_test(self->world), true);
	if (length <= finding->max_ns)
		return;
	finding->max_ns = length;
	free(finding->task);
	finding->task = findings_actor_name(self->world, actor->id);
}

const struct analyzer analyzer_long_step = {
	.name = "long-step",
	.help = "steps that kept the event loop busy for long",
	.open = long_step_open,
	.close = free,
	.before_kinds = ANALYZER_KIND(AW_SUSPEND) | ANALYZER_KIND(AW_TASK_END),
	.before = long_step_before,
};
