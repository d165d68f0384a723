/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Depth-first search over schedules. A state is copied at every choice, so
 * that nothing has to be undone; programs are small enough for that.
 */
#include <string.h>

#include "explore.h"

/* FNV-1a over what a program leaves behind. */
static uint64_t outcome_key(const struct machine *m)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (int v = 0; v < PROGRAM_VARS; v++)
		h = (h ^ m->var[v]) * 0x100000001b3ull;
	for (int t = 0; t < PROGRAM_TASKS; t++) {
		h = (h ^ m->task[t].status) * 0x100000001b3ull;
		for (int v = 0; v < PROGRAM_VARS; v++)
			h = (h ^ m->task[t].reg[v]) * 0x100000001b3ull;
	}
	return h | 1;
}

/* Both loops are about to access one variable, in whatever order. */
static void collect_race(const struct machine *m, const struct program *p, struct exploration *e)
{
	struct machine_access a, b;

	if (p->loops > 1 && machine_next_access(m, p, 0, &a) && machine_next_access(m, p, 1, &b) &&
	    a.var == b.var && (a.write || b.write)) {
		keyset_add(&e->races, race_key(a.actor, a.op, b.actor, b.op));
		e->raced_alone |= (a.held ^ b.held) & 1u << PROGRAM_TLOCK;
	}
}

static void search(const struct machine *m, const struct program *p, uint64_t limit,
                   struct exploration *e)
{
	uint8_t choice[MACHINE_CHOICES];
	int n = machine_choices(m, p, choice);

	if (e->schedules >= limit) {
		e->cut = true;
		return;
	}
	if (n == 0) {
		e->schedules++;
		e->stuck += machine_deadlocked(m);
		conflicts_collect(m, &e->conflicts);
		keyset_add(&e->outcomes, outcome_key(m));
		if (machine_circle(m, p))
			keyset_add(&e->deadlocks, circle_key(m, p));
		return;
	}
	collect_race(m, p, e);
	for (int i = 0; i < n; i++) {
		struct machine next = *m;

		machine_run(&next, p, choice[i], NULL);
		search(&next, p, limit, e);
	}
}

void explore(const struct program *p, uint64_t limit, struct exploration *out)
{
	struct machine m;

	memset(out, 0, sizeof(*out));
	machine_init(&m, p, NULL);
	search(&m, p, limit, out);
}

void exploration_fini(struct exploration *e)
{
	keyset_fini(&e->conflicts);
	keyset_fini(&e->outcomes);
	keyset_fini(&e->deadlocks);
	keyset_fini(&e->races);
}

void run_random(const struct program *p, uint64_t *random, struct machine *m,
                struct machine_trace *t)
{
	uint8_t choice[MACHINE_CHOICES];
	int n;

	machine_init(m, p, t);
	while ((n = machine_choices(m, p, choice)) > 0)
		machine_run(m, p, choice[(program_random(random) >> 33) % (unsigned)n], t);
}
