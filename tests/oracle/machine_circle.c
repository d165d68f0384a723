/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tasks that wait for each other: the largest set of which each waits for others of it alone.
 */
#include "machine.h"

/* Is what task `t` waits for held, or to be done, by tasks of `stuck` alone? */
static bool waits_for(const struct machine *m, const struct program *p, int t, unsigned stuck)
{
	const struct op *op = &p->ops[t][m->task[t].pc];
	unsigned permits = 0;

	switch (m->task[t].blocked_op) {
	case OP_JOIN:
		return stuck >> op->a & 1;
	case OP_LOCK:
		for (int i = 0; i < p->tasks; i++)
			if ((stuck >> i & 1) && (m->task[i].held >> op->a & 1))
				return true;
		return false;
	case OP_DOWN:
		for (int i = 0; i < p->tasks; i++)
			permits += stuck >> i & 1 ? m->task[i].permits : 0;
		return p->permits && permits >= p->permits;
	default:
		return false;
	}
}

unsigned machine_circle(const struct machine *m, const struct program *p)
{
	unsigned stuck = 0, before;

	for (int t = 0; t < p->tasks; t++)
		if (m->task[t].status == TASK_BLOCKED &&
		    !(p->ops[t][m->task[t].pc].timed &&
		      p->ops[t][m->task[t].pc].kind == m->task[t].blocked_op))
			stuck |= 1u << t;
	do { /* the largest set of tasks that wait for nobody else */
		before = stuck;
		for (int t = 0; t < p->tasks; t++)
			if ((stuck >> t & 1) && !waits_for(m, p, t, stuck))
				stuck &= ~(1u << t);
	} while (stuck != before);
	return stuck;
}
