/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * thread_lock_suspension.c - a thread lock held while its task is suspended.
 *
 * Whoever wants it then blocks its whole thread, and if that is the thread of
 * the holder's own loop, for good.
 */
#include "analyzer.h"

#include <errno.h>
#include <stdlib.h>

struct thread_lock {
	struct world *world;
	struct findings *findings;
};

static int thread_lock_open(const struct analyzer_env *env, void **state)
{
	struct thread_lock *self = calloc(1, sizeof(*self));

	if (!self)
		return -ENOMEM;
	self->world = env->world;
	self->findings = env->findings;
	*state = self;
	return 0;
}

static void thread_lock_gap(void *state, struct section *section, uint64_t site)
{
	struct thread_lock *self = state;
	struct finding *finding;

	if (!lock_is_thread_lock(section->lock->type) || section->holder->plain)
		return;
	finding = findings_get(self->findings, RULE_THREAD_LOCK, section->lock->identity,
	                       section->site, site, 0);
	if (!finding)
		return;
	finding->observed++;
	findings_seen_in(self->findings, finding, section->test, true);
	finding->lock = section->lock->identity;
	if (finding->fresh)
		finding->task = findings_actor_name(self->world, section->holder_id);
}

const struct analyzer analyzer_thread_lock_suspension = {
	.name = "thread-lock-across-suspension",
	.help = "thread locks held while their task is suspended",
	.open = thread_lock_open,
	.close = free,
	.section_gap = thread_lock_gap,
};
