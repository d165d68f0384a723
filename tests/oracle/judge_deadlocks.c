/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * judge_deadlocks.c - findings about locks and waits, against circles of tasks and what is left
 * locked.
 */
#include <string.h>

#include "judge.h"

static uint64_t told(const struct report *report, const char *rule)
{
	uint64_t count = 0;

	for (size_t i = 0; i < report->finding_count; i++)
		count += !strcmp(report->findings[i].rule, rule);
	return count;
}

static void judge_circle(struct judge *j, const struct trial *t)
{
	struct tally *r = &j->rules[JUDGE_DEADLOCK];
	bool said = told(t->report, "deadlock") + told(t->report, "self-deadlock");
	bool stuck = machine_circle(t->end, t->p);

	r->observed += said;
	r->happened += stuck;
	if (said && !t->end->circled) {
		r->unreal++;
		judge_disagree(j, t->p, "a deadlock was told, and nobody is stuck", NULL);
	}
	if (stuck && !said) {
		r->missed++;
		judge_disagree(j, t->p, "tasks wait for each other, and no deadlock was told",
		               NULL);
	}
}

/* Can two tasks or more be caught by locks? One that waits for itself is no matter of order. */
static bool order_feasible(const struct exploration *all)
{
	for (size_t i = 0; i < all->deadlocks.room; i++)
		if (all->deadlocks.slots[i] & CIRCLE_OF_LOCKS &&
		    __builtin_popcountll(all->deadlocks.slots[i]) > 2)
			return true;
	return false;
}

/* Every task took and released in this schedule what could have caught it. */
static bool all_ended(const struct program *p, const struct machine *end)
{
	for (int t = 0; t < p->tasks; t++)
		if (end->task[t].status != TASK_DONE || end->task[t].cancel)
			return false;
	return true;
}

static void judge_order(struct judge *j, const struct trial *t)
{
	struct tally *r = &j->rules[JUDGE_LOCK_ORDER];
	uint64_t said = told(t->report, r->name);

	r->possible += said;
	if (said && !order_feasible(t->all)) {
		if (judge_has_control(t->p, t->all)) {
			r->controlled += said;
		} else {
			r->infeasible += said;
			judge_disagree(j, t->p, "a lock order that can catch nobody", NULL);
		}
	}
	/* Of the deadlocks that did not happen here, though all tasks in it ran to their ends. */
	if (order_feasible(t->all) && all_ended(t->p, t->end)) {
		r->feasible++;
		r->predicted += said != 0;
	}
}

static void judge_released(struct judge *j, const struct trial *t)
{
	struct tally *r = &j->rules[JUDGE_NEVER_RELEASED];
	bool said = told(t->report, r->name), left = false;

	for (int i = 0; i < t->p->tasks; i++)
		left |= t->end->task[i].status == TASK_DONE && t->end->task[i].held;
	r->observed += said;
	r->happened += left;
	if (said && !left) {
		r->unreal++;
		judge_disagree(j, t->p, "never released, but nothing is left locked", NULL);
	}
	if (left && !said) {
		r->missed++;
		judge_disagree(j, t->p, "a lock is left by a task that ended, and not told", NULL);
	}
}

static void judge_thread_lock(struct judge *j, const struct trial *t)
{
	struct tally *r = &j->rules[JUDGE_THREAD_LOCK];
	bool said = told(t->report, r->name), spanned = t->end->spanned_tlock;

	r->observed += said;
	r->happened += spanned;
	if (said && !spanned) {
		r->unreal++;
		judge_disagree(j, t->p, "no thread lock was held over a suspension", NULL);
	}
	if (spanned && !said) {
		r->missed++;
		judge_disagree(j, t->p, "a thread lock was held over a suspension, not told", NULL);
	}
}

void judge_deadlocks(struct judge *j, const struct trial *t)
{
	judge_circle(j, t);
	judge_order(j, t);
	judge_released(j, t);
	judge_thread_lock(j, t);
}
