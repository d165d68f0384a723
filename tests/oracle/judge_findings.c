/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * judge_findings.c - findings about accesses, against the triples and races there are.
 */
#include <stdio.h>
#include <string.h>

#include "judge.h"

static bool is_lost_update(const struct conflict *c)
{
	return !c->first_write && c->between_write && c->second_write && !c->test;
}

static bool is_check_then_act(const struct conflict *c)
{
	return !c->first_write && c->between_write && (c->second_write || c->use) && c->test;
}

static bool is_stale_use(const struct conflict *c)
{
	return c->use && !c->iterate && !c->test;
}

static bool is_changed(const struct conflict *c)
{
	return c->iterate;
}

/* The triples that have no sharper name, guarded on the outside. */
static bool is_inconsistent(const struct conflict *c)
{
	return c->region && (c->first_write || !c->second_write) && !c->use;
}

static bool (*const is_one[JUDGE_RULES])(const struct conflict *) = {
	[JUDGE_LOST_UPDATE] = is_lost_update,
	[JUDGE_CHECK_THEN_ACT] = is_check_then_act,
	[JUDGE_STALE_USE] = is_stale_use,
	[JUDGE_CHANGED] = is_changed,
	[JUDGE_INCONSISTENT_GUARD] = is_inconsistent,
};

static unsigned site_op(uint64_t site)
{
	return (unsigned)(site & 255);
}

static unsigned site_actor(uint64_t site)
{
	return (unsigned)((site - MACHINE_SITE) >> 8);
}

/* Is this finding about one of the triples in the set? */
static bool finding_in(const struct report_finding *f, enum judge_rule rule,
                       const struct keyset *set)
{
	for (size_t i = 0; i < set->room; i++) {
		struct conflict c = conflict_of_key(set->slots[i]);

		if (set->slots[i] && is_one[rule](&c) && c.task == site_actor(f->read.site) &&
		    c.first == site_op(f->read.site) && c.second == site_op(f->write.site) &&
		    c.other == site_actor(f->other.site) && c.between == site_op(f->other.site))
			return true;
	}
	return false;
}

/* Did the report tell this triple? The other's site is only an example in a finding. */
static bool conflict_told(const struct conflict *c, const char *rule, const struct report *report,
                          enum report_basis basis)
{
	for (size_t i = 0; i < report->finding_count; i++) {
		const struct report_finding *f = &report->findings[i];

		if (!strcmp(f->rule, rule) && f->basis <= basis &&
		    f->read.site == machine_site(c->task, c->first) &&
		    f->write.site == machine_site(c->task, c->second))
			return true;
	}
	return false;
}

static void infeasible(struct judge *j, const struct trial *t, struct tally *r,
                       const struct report_finding *f)
{
	if (judge_has_control(t->p, t->all)) {
		r->controlled++;
		return;
	}
	r->infeasible++;
	judge_disagree(j, t->p, "possible, but no schedule has it", f);
}

static void judge_triple(struct judge *j, const struct trial *t, enum judge_rule rule,
                         const struct report_finding *f)
{
	struct tally *r = &j->rules[rule];

	if (f->basis == REPORT_BASIS_OBSERVED) {
		r->observed++;
		if (!finding_in(f, rule, t->happened)) {
			r->unreal++;
			judge_disagree(j, t->p, "observed, but it did not happen", f);
		}
	} else {
		r->possible++;
		if (!finding_in(f, rule, &t->all->conflicts))
			infeasible(j, t, r, f);
	}
}

/* A triple whose middle is of another loop is a race, and told as one. */
static void judge_misses(struct judge *j, const struct trial *t)
{
	for (size_t i = 0; i < t->happened->room; i++) {
		struct conflict c = conflict_of_key(t->happened->slots[i]);

		for (unsigned rule = 0; t->happened->slots[i] && rule < JUDGE_DATA_RACE; rule++) {
			struct tally *r = &j->rules[rule];

			if (!is_one[rule](&c) || c.far)
				continue;
			r->happened++;
			if (conflict_told(&c, r->name, t->report, REPORT_BASIS_OBSERVED))
				continue;
			r->missed++;
			if (!r->excusable)
				judge_disagree(j, t->p, "it happened and was not told", NULL);
		}
	}
}

struct executed {
	bool ran[PROGRAM_TASKS + 1][PROGRAM_OPS];
};

static struct executed executed_in(const struct machine *m)
{
	struct executed e = {0};

	for (int i = 0; i < m->log_count; i++)
		e.ran[m->log[i].actor][m->log[i].op] = true;
	return e;
}

/* Of the conflicts that can happen between accesses that were executed here, how many are told? */
static void judge_prediction(struct judge *j, const struct trial *t)
{
	struct executed e = executed_in(t->end);

	for (size_t i = 0; i < t->all->conflicts.room; i++) {
		struct conflict c = conflict_of_key(t->all->conflicts.slots[i]);

		if (!t->all->conflicts.slots[i] || !e.ran[c.task][c.first] ||
		    !e.ran[c.task][c.second] || !e.ran[c.other][c.between] || c.far)
			continue;
		for (unsigned rule = 0; rule < JUDGE_DATA_RACE; rule++) {
			if (!is_one[rule](&c))
				continue;
			j->rules[rule].feasible++;
			j->rules[rule].predicted += conflict_told(&c, j->rules[rule].name,
			                                          t->report, REPORT_BASIS_POSSIBLE);
		}
	}
}

/* ---- races ---- */

static uint64_t race_of(const struct report_finding *f)
{
	return race_key((int)site_actor(f->read.site), site_op(f->read.site),
	                (int)site_actor(f->other.site), site_op(f->other.site));
}

static void judge_race(struct judge *j, const struct trial *t, const struct report_finding *f)
{
	struct tally *r = &j->rules[JUDGE_DATA_RACE];

	r->possible++;
	if (!keyset_has(&t->all->races, race_of(f)))
		infeasible(j, t, r, f);
}

static void judge_race_prediction(struct judge *j, const struct trial *t)
{
	struct executed e = executed_in(t->end);
	struct tally *r = &j->rules[JUDGE_DATA_RACE];

	for (size_t i = 0; i < t->all->races.room; i++) {
		uint64_t key = t->all->races.slots[i];
		bool told = false;

		if (!key || !e.ran[key >> 24 & 0xff][key >> 16 & 0xff] ||
		    !e.ran[key >> 8 & 0xff][key & 0xff])
			continue;
		for (size_t n = 0; n < t->report->finding_count; n++)
			told |= !strcmp(t->report->findings[n].rule, r->name) &&
			        race_of(&t->report->findings[n]) == key;
		r->feasible++;
		r->predicted += told;
	}
}

void judge_findings(struct judge *j, const struct trial *t)
{
	for (size_t i = 0; i < t->report->finding_count; i++) {
		const struct report_finding *f = &t->report->findings[i];

		for (unsigned rule = 0; rule < JUDGE_DATA_RACE; rule++)
			if (!strcmp(f->rule, j->rules[rule].name))
				judge_triple(j, t, rule, f);
		if (!strcmp(f->rule, j->rules[JUDGE_DATA_RACE].name))
			judge_race(j, t, f);
	}
	judge_misses(j, t);
	judge_prediction(j, t);
	judge_race_prediction(j, t);
}
