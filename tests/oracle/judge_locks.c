/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * judge_locks.c - verdicts about locks, against what taking a lock out makes reachable.
 */
#include <stdio.h>

#include "judge.h"

static void places_of(const struct keyset *conflicts, struct keyset *places)
{
	for (size_t i = 0; i < conflicts->room; i++)
		if (conflicts->slots[i])
			keyset_add(places, conflict_place(conflicts->slots[i]));
}

/* Does taking these guards out make something reachable that was not? */
static bool guards_matter(const struct trial *t, unsigned mask, uint64_t limit, bool *known)
{
	struct program without = *t->p;
	struct exploration e;
	struct keyset before = {0}, after = {0};

	for (unsigned g = 0; g < PROGRAM_GUARDS; g++)
		without.without[g] = mask >> g & 1;
	if (t->p->permits != 1) /* no lock */
		without.without[PROGRAM_SEM] = false;
	explore(&without, limit, &e);
	places_of(&t->all->conflicts, &before);
	places_of(&e.conflicts, &after);
	*known = !e.cut;

	bool matters = !keyset_equal(&t->all->outcomes, &e.outcomes) ||
	               !keyset_equal(&before, &after) || !keyset_equal(&t->all->races, &e.races);

	exploration_fini(&e);
	keyset_fini(&before);
	keyset_fini(&after);
	return matters;
}

/* Can a conflict happen whose outer two one of `mine` spans, and whose middle it does not keep out?
 */
static bool is_passed(const struct conflict *c, unsigned mine)
{
	return c->region & ~c->other_kept & mine;
}

/* Can one happen that is guarded on both sides, by different locks, one of them of `mine`? Or R-W-W
 * in two sections of one lock, and the middle under another. */
static bool is_wrong(const struct conflict *c, unsigned mine)
{
	bool update = !c->first_write && c->between_write && c->second_write;
	uint8_t around = c->region ? c->region : update ? c->split : 0;

	return around && c->other_held && !(around & c->other_held) &&
	       ((around | c->other_held) & mine);
}

static bool feasible(const struct exploration *all, unsigned mine,
                     bool (*is_one)(const struct conflict *, unsigned))
{
	for (size_t i = 0; i < all->conflicts.room; i++) {
		struct conflict c = conflict_of_key(all->conflicts.slots[i]);

		if (all->conflicts.slots[i] && is_one(&c, mine))
			return true;
	}
	return false;
}

static void wrong(struct judge *j, const struct trial *t, struct verdict_tally *v, unsigned mine,
                  const char *what)
{
	if (v != &j->verdicts[JUDGE_NEEDLESS] && v != &j->verdicts[JUDGE_DORMANT] &&
	    judge_has_control(t->p, t->all)) {
		v->controlled++;
		return;
	}
	v->wrong++;
	printf("locks %x: ", mine);
	judge_disagree(j, t->p, what, NULL);
}

/*
 * "Dormant" says that no section suspended and none waited in what was told. The schedules of a
 * program that are told together run all of it: there it must not matter either, as "needless".
 */
static enum judge_verdict row_of(enum report_verdict verdict)
{
	switch (verdict) {
	case REPORT_NEEDLESS:
		return JUDGE_NEEDLESS;
	case REPORT_DORMANT:
		return JUDGE_DORMANT;
	default:
		return JUDGE_NEEDED;
	}
}

static const char *what_is_wrong(enum judge_verdict row)
{
	switch (row) {
	case JUDGE_NEEDLESS:
		return "needless, but taking it out changes what can happen";
	case JUDGE_DORMANT:
		return "dormant, but taking it out changes what can happen, and all of it was told";
	default:
		return "needed, but taking it out changes nothing";
	}
}

static void judge_needed(struct judge *j, const struct trial *t, unsigned mine,
                         enum judge_verdict row, uint64_t limit)
{
	struct verdict_tally *v = &j->verdicts[row];
	bool needed = row == JUDGE_NEEDED;
	bool known;
	bool matters = guards_matter(t, mine, limit, &known);

	if (known && needed && !matters) /* needed jointly with another? */
		matters = guards_matter(t, (1u << PROGRAM_GUARDS) - 1, limit, &known);
	if (!known)
		return;
	v->said++;
	if (needed != matters)
		wrong(j, t, v, mine, what_is_wrong(row));
}

/* Which guards are made at this site. */
static unsigned guards_of(const struct program *p, uint64_t site)
{
	uint64_t g = site - MACHINE_LOCK_SITE;

	if (g >= PROGRAM_GUARDS)
		return 0;
	return g == 0 && p->one_site ? 3 : 1u << g;
}

static void judge_lock(struct judge *j, const struct trial *t, const struct report_lock *lock,
                       uint64_t limit)
{
	unsigned mine = guards_of(t->p, lock->created.site);
	bool other = lock->verdict == REPORT_WRONG_LOCK;
	struct verdict_tally *v = &j->verdicts[other ? JUDGE_WRONG : JUDGE_BYPASSED];

	if (!mine)
		return;
	if (lock->verdict == REPORT_DORMANT && (lock->suspended || lock->waited))
		wrong(j, t, &j->verdicts[JUDGE_DORMANT], mine, "dormant, but it kept somebody out");
	if (lock->verdict == REPORT_NEEDLESS || lock->verdict == REPORT_DORMANT ||
	    lock->verdict == REPORT_NEEDED) {
		judge_needed(j, t, mine, row_of(lock->verdict), limit);
	} else if (lock->verdict == REPORT_BYPASSED || other) {
		v->said++;
		if (!feasible(t->all, mine, other ? is_wrong : is_passed) &&
		    (other || !(t->all->raced_alone & mine)))
			wrong(j, t, v, mine, "bypassed or wrong lock, but nothing can pass it");
	} else {
		j->other_verdicts++;
	}
}

void judge_locks(struct judge *j, const struct trial *t, uint64_t limit)
{
	for (size_t i = 0; i < t->report->lock_count; i++)
		judge_lock(j, t, &t->report->locks[i], limit);
}
