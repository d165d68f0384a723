/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lost_update.c - R-W-W: read, gap, write, and the write of another between.
 *
 * A lost update needs that the value written derives from the value read. The
 * events of a C program do not carry that: the finding says `pattern`, and a
 * site that also writes without having read (blind_writes.h) is none. Where the
 * read is marked as a test it is check_then_act.c's.
 */
#include "analyzer.h"

#include <errno.h>
#include <stdlib.h>

struct lost_update {
	struct findings *findings;
	const struct blind_writes *blind;
};

static int lost_update_open(const struct analyzer_env *env, void **state)
{
	struct lost_update *self = calloc(1, sizeof(*self));

	if (!self)
		return -ENOMEM;
	self->findings = env->findings;
	self->blind = env->blind;
	*state = self;
	return 0;
}

static bool is_one(const struct conflict *conflict)
{
	return conflict->shape == CONFLICT_RWW &&
	       !(conflict->first.bits & (ACCESS_TEST | ACCESS_IO));
}

static int lost_update_finish(void *state)
{
	struct lost_update *self = state;

	for (uint32_t i = 0; i < self->findings->count; i++) {
		struct finding *finding = self->findings->rows[i];

		if (finding->rule == RULE_LOST_UPDATE &&
		    blind_writes_has(self->blind, finding->write))
			finding->withdrawn = true;
	}
	return 0;
}

const struct analyzer analyzer_lost_update = {
	.name = "lost-update",
	.help = "a value read before a gap is written back after it, over another task's write",
	.open = lost_update_open,
	.close = free,
	.is_one = is_one,
	.rule = RULE_LOST_UPDATE,
	.finish = lost_update_finish,
};
