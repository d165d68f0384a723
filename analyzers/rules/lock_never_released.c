/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock_never_released.c - a lock still taken at the end, whose holder has ended.
 *
 * A task that has observed the holder's end has become the holder (it is alive
 * and may yet release); so has nobody here.
 */
#include "analyzer.h"

#include <errno.h>
#include <stdlib.h>

struct never_released {
	struct world *world;
	struct findings *findings;
};

static int never_released_open(const struct analyzer_env *env, void **state)
{
	struct never_released *self = calloc(1, sizeof(*self));

	if (!self)
		return -ENOMEM;
	self->world = env->world;
	self->findings = env->findings;
	*state = self;
	return 0;
}

/* The tasks whose end somebody alive is about to learn of, who will be the holder then. */
static int awaited_tasks(const struct world *world, struct idmap *awaited)
{
	int code = 0;

	for (uint32_t i = 0; i < world->actors.made && !code; i++) {
		const struct actor *actor = slab_at(&world->actors, i);

		if (world_task(world, actor->id) == actor && !actor->running &&
		    actor->await == AW_AWAIT_TASK && actor->object != IDMAP_FREE &&
		    idmap_get(awaited, actor->object) == IDMAP_NONE)
			code = idmap_add(awaited, actor->object, 1);
	}
	return code;
}

static int never_released_finish(void *state)
{
	struct never_released *self = state;
	struct idmap awaited = {0};
	int code = self->world->orphan_count ? awaited_tasks(self->world, &awaited) : 0;

	for (uint32_t i = 0; i < self->world->orphan_count; i++) {
		const struct section *section = self->world->orphans[i];
		struct finding *finding;

		if (code || section->doubtful ||
		    idmap_get(&awaited, section->holder_id) != IDMAP_NONE ||
		    !lock_excludes(section->lock))
			continue;
		finding = findings_get(self->findings, RULE_LOCK_NEVER_RELEASED,
		                       section->lock->identity, section->site, 0, 0);
		if (!finding)
			continue; /* no memory is told by the findings themselves */
		finding->observed++;
		findings_seen_in(self->findings, finding, section->test, true);
		finding->lock = section->lock->identity;
		if (finding->fresh)
			finding->task = findings_actor_name(self->world, section->holder_id);
	}
	idmap_fini(&awaited);
	return code;
}

const struct analyzer analyzer_lock_never_released = {
	.name = "lock-never-released",
	.help = "locks whose holder ended without releasing them",
	.open = never_released_open,
	.close = free,
	.finish = never_released_finish,
};
