/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * never_suspends.c - await sites: how often passed, how often really suspended.
 *
 * A site passed often that never gave control back is worth knowing: code
 * around it may believe that it does. It is told as information, not as a fault.
 */
#include "analyzer.h"

#include <errno.h>
#include <stdlib.h>

#include "wording/own_code.h"
#include "site_counts.h"

#define ENOUGH_PASSES 100 /* fewer say nothing about a site */

struct never_suspends {
	const struct analyzer_env *env;
	struct idmap by_site;
	struct site_count *rows;
	uint32_t count, room;
};

static int never_suspends_open(const struct analyzer_env *env, void **state)
{
	struct never_suspends *self = calloc(1, sizeof(*self));

	if (!self)
		return -ENOMEM;
	self->env = env;
	*state = self;
	return 0;
}

static void never_suspends_close(void *state)
{
	struct never_suspends *self = state;

	if (!self)
		return;
	idmap_fini(&self->by_site);
	free(self->rows);
	free(self);
}

static struct site_count *row_make(struct never_suspends *self, uint64_t site)
{
	if (self->count == self->room) {
		uint32_t room = self->room ? 2 * self->room : 64;
		struct site_count *more = realloc(self->rows, room * sizeof(*more));

		if (!more)
			return NULL;
		self->rows = more;
		self->room = room;
	}
	if (idmap_add(&self->by_site, site, self->count))
		return NULL;
	self->rows[self->count] = (struct site_count){.site = site};
	return &self->rows[self->count++];
}

static struct site_count *row_get(struct never_suspends *self, uint64_t site)
{
	uint32_t index = idmap_get(&self->by_site, site);

	return index == IDMAP_NONE ? row_make(self, site) : &self->rows[index];
}

static void never_suspends_after(void *state, const struct moment *moment)
{
	struct never_suspends *self = state;
	struct site_count *row;

	if (!moment->event->site)
		return;
	row = row_get(self, moment->event->site);
	if (!row) {
		self->env->findings->error = -ENOMEM;
		return;
	}
	row->count++;
	row->suspended += moment->event->arg & 1;
}

/* The program's own awaits before those of libraries, of which a user can do nothing about. */
static int own_and_most_passed_first(const void *a, const void *b, void *context)
{
	const struct world *world = ((const struct never_suspends *)context)->env->world;
	const struct site_count *x = a, *y = b;
	bool own_x = own_code_is(world->names, world->pid, x->site);
	bool own_y = own_code_is(world->names, world->pid, y->site);

	if (own_x != own_y)
		return own_x ? -1 : 1;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return x->site < y->site ? -1 : x->site > y->site;
}

static int never_suspends_finish(void *state)
{
	struct never_suspends *self = state;
	struct report *report = self->env->report;

	if (self->count)
		qsort_r(self->rows, self->count, sizeof(*self->rows), own_and_most_passed_first,
		        self);
	report->awaits = text_pool_array(self->env->pool, self->count, sizeof(*report->awaits));
	if (!report->awaits)
		return -ENOMEM;
	for (uint32_t i = 0; i < self->count; i++) {
		const struct site_count *row = &self->rows[i];
		struct finding *finding;

		report->awaits[report->await_count++] = (struct report_await){
			.place = findings_place(self->env->world, row->site),
			.counted = true,
			.passed = row->count,
			.suspended = row->suspended,
		};
		if (row->suspended || row->count < ENOUGH_PASSES)
			continue;
		finding =
			findings_get(self->env->findings, RULE_NEVER_SUSPENDS, 0, 0, row->site, 0);
		if (finding)
			finding->observed = row->count;
	}
	return 0;
}

const struct analyzer analyzer_never_suspends = {
	.name = "never-suspends",
	.help = "await sites: passes, and how many of them really suspended",
	.open = never_suspends_open,
	.close = never_suspends_close,
	.after_kinds = ANALYZER_KIND(AW_AWAIT),
	.after = never_suspends_after,
	.finish = never_suspends_finish,
};
