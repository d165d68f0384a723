/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The oracle's program: do the analyzers say what is so?
 *
 * For each random program: every schedule is explored; one random schedule is
 * told to the analyzers as events, and what they find is held against what
 * happened in it and what can happen at all; then a few hundred random
 * schedules are told as one long run, and the verdicts about locks are held
 * against what taking each lock out makes reachable.
 *
 *	agreement [--programs N] [--seed S] [--verbose] [--trace]
 *
 * Prints a table, and each disagreement with the seed that repeats it. Exit
 * status 1 when something that must never happen did.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis.h"
#include "explore.h"
#include "text_writer.h"

enum {
	SCHEDULES = 20000, /* explored at most; larger programs are passed over */
	RUNS = 240,        /* random schedules for the verdicts about locks */
	BUFFER = 4096      /* events of one batch */
};

/* Who judges what: the triple that a rule is about. */
struct rule {
	const char *name;
	bool (*is_one)(const struct conflict *);
	bool excusable; /* silent when the other's write is what the task was woken for */
	uint64_t observed, unreal, missed, happened; /* in the schedule that was told */
	uint64_t possible, infeasible; /* the latter: in programs without control flow */
	uint64_t controlled;           /* infeasible, in programs with it */
};

static bool is_lost_update(const struct conflict *c)
{
	return !c->first_write && c->between_write && c->second_write && !c->test;
}

static bool is_check_then_act(const struct conflict *c)
{
	return !c->first_write && c->between_write && c->second_write && c->test;
}

/* The triples that have no sharper name, guarded on the outside. */
static bool is_inconsistent(const struct conflict *c)
{
	return c->region && (c->first_write || !c->second_write);
}

static struct rule rules[] = {
	{.name = "lost-update", .is_one = is_lost_update},
	{.name = "check-then-act", .is_one = is_check_then_act, .excusable = true},
	{.name = "inconsistent-guard", .is_one = is_inconsistent, .excusable = true},
};
enum { RULES = sizeof(rules) / sizeof(rules[0]) };

/* What the verdicts about locks were, and what the oracle says. */
static struct {
	uint64_t needless, needless_wrong, needed, needed_wrong;
	uint64_t bypassed, bypassed_wrong, other;
	uint64_t controlled; /* needed and bypassed, wrong, in programs with control flow */
	uint64_t deadlock, deadlock_wrong, deadlock_missed;
	uint64_t programs, passed_over, schedules;
	uint64_t feasible, predicted; /* conflicts on executed paths */
} tally;

static bool verbose;
static struct text_writer *writer; /* --trace: the single runs, as text */

struct feed {
	struct analysis *analysis;
	struct aw_event events[BUFFER];
	size_t used;
	uint64_t first;
	bool traced;
};

static void feed_flush(struct feed *f)
{
	struct stream_batch batch = {1, 1, f->first, f->events, f->used};

	if (f->used && analysis_feed(f->analysis, &batch))
		abort();
	if (f->used && f->traced && text_write(writer, &batch))
		abort();
	f->first += f->used;
	f->used = 0;
}

static void feed_event(void *context, const struct aw_event *e)
{
	struct feed *f = context;

	if (f->used == BUFFER)
		feed_flush(f);
	f->events[f->used++] = *e;
}

static void feed_open(struct feed *f)
{
	struct aw_event target = {.kind = AW_TARGET,
	                          .arg = AW_RUNTIME_C,
	                          .object = 1,
	                          .site = AW_CAN_ACCESSES | AW_CAN_ACQUIRES | AW_CAN_RELEASES |
	                                  AW_CAN_AWAITS | AW_CAN_STEP_ENDS | AW_CAN_WAKES};

	memset(f, 0, sizeof(*f));
	if (analysis_new(NULL, &f->analysis))
		abort();
	feed_event(f, &target);
}

static const struct report *feed_finish(struct feed *f)
{
	const struct report *report;

	feed_flush(f);
	if (analysis_finish(f->analysis, &report))
		abort();
	return report;
}

static void disagree(const struct program *p, const char *what, const struct report_finding *f)
{
	printf("DISAGREE seed %llu: %s", (unsigned long long)p->seed, what);
	if (f)
		printf(" (%s read %llx write %llx other %llx)", f->rule,
		       (unsigned long long)f->read.site, (unsigned long long)f->write.site,
		       (unsigned long long)f->other.site);
	putchar('\n');
	if (verbose)
		program_print(p);
}

static unsigned site_op(uint64_t site)
{
	return (unsigned)(site & 255);
}

static unsigned site_actor(uint64_t site)
{
	return (unsigned)((site - MACHINE_SITE) >> 8);
}

/* Is this finding about one of the triples in the set? */
static bool finding_in(const struct report_finding *f, const struct rule *rule,
                       const struct keyset *set)
{
	for (size_t i = 0; i < set->room; i++) {
		struct conflict c = conflict_of_key(set->slots[i]);

		if (set->slots[i] && rule->is_one(&c) && c.task == site_actor(f->read.site) &&
		    c.first == site_op(f->read.site) && c.second == site_op(f->write.site) &&
		    c.other == site_actor(f->other.site) && c.between == site_op(f->other.site))
			return true;
	}
	return false;
}

/* Did the report tell this triple? The other's site is only an example in a finding. */
static bool conflict_told(const struct conflict *c, const struct rule *rule,
                          const struct report *report, enum report_basis basis)
{
	for (size_t i = 0; i < report->finding_count; i++) {
		const struct report_finding *f = &report->findings[i];

		if (!strcmp(f->rule, rule->name) && f->basis <= basis &&
		    f->read.site == machine_site(c->task, c->first) &&
		    f->write.site == machine_site(c->task, c->second))
			return true;
	}
	return false;
}

/*
 * Can events tell what else could have happened? Not where an access depends on something that
 * events do not carry: a test, a cancel, a timeout; how many permits a task needs; a task that
 * stays blocked for good with a lock in hand.
 */
static bool has_control(const struct program *p, const struct exploration *all)
{
	for (int t = 0; t < p->tasks; t++)
		for (int i = 0; i < PROGRAM_OPS; i++) {
			unsigned kind = p->ops[t][i].kind;

			if (kind == OP_IF || kind == OP_CANCEL || kind == OP_TIMED_LOCK ||
			    (kind == OP_DOWN && p->permits[0] > 1))
				return true;
		}
	return all->stuck > 0;
}

static void infeasible(const struct program *p, const struct exploration *all, struct rule *r,
                       const struct report_finding *f)
{
	if (has_control(p, all)) {
		r->controlled++;
		return;
	}
	r->infeasible++;
	disagree(p, "possible, but no schedule has it", f);
}

static void judge_findings(const struct program *p, const struct report *report,
                           const struct keyset *happened, const struct exploration *all)
{
	for (size_t i = 0; i < report->finding_count; i++) {
		const struct report_finding *f = &report->findings[i];

		for (struct rule *r = rules; r < rules + RULES; r++) {
			if (strcmp(f->rule, r->name))
				continue;
			if (f->basis == REPORT_BASIS_OBSERVED) {
				r->observed++;
				if (!finding_in(f, r, happened)) {
					r->unreal++;
					disagree(p, "observed, but it did not happen", f);
				}
			} else {
				r->possible++;
				if (!finding_in(f, r, &all->conflicts)) {
					infeasible(p, all, r, f);
				}
			}
		}
	}
}

static void judge_misses(const struct program *p, const struct report *report,
                         const struct keyset *happened)
{
	for (size_t i = 0; i < happened->room; i++) {
		struct conflict c = conflict_of_key(happened->slots[i]);

		for (struct rule *r = rules; happened->slots[i] && r < rules + RULES; r++) {
			if (!r->is_one(&c))
				continue;
			r->happened++;
			if (conflict_told(&c, r, report, REPORT_BASIS_OBSERVED))
				continue;
			r->missed++;
			if (!r->excusable) {
				printf("task %u: %u, %u of %u, %u\n", c.task, c.first, c.between,
				       c.other, c.second);
				disagree(p, "it happened and was not told", NULL);
			}
		}
	}
}

/* Of the conflicts that can happen between accesses that were executed here, how many are told? */
static void judge_prediction(const struct machine *m, const struct report *report,
                             const struct keyset *can)
{
	bool ran[PROGRAM_TASKS + 1][PROGRAM_OPS] = {0};

	for (int i = 0; i < m->log_count; i++)
		ran[m->log[i].actor][m->log[i].op] = true;
	for (size_t i = 0; i < can->room; i++) {
		struct conflict c = conflict_of_key(can->slots[i]);

		if (!can->slots[i] || !is_lost_update(&c) || !ran[c.task][c.first] ||
		    !ran[c.task][c.second] || !ran[c.other][c.between])
			continue;
		tally.feasible++;
		tally.predicted += conflict_told(&c, &rules[0], report, REPORT_BASIS_POSSIBLE);
	}
}

static void judge_deadlock(const struct program *p, const struct machine *m,
                           const struct report *report)
{
	bool told = false;
	bool stuck = false;

	for (int t = 0; t < p->tasks; t++)
		stuck |= m->task[t].status == TASK_BLOCKED &&
		         (m->task[t].blocked_op == OP_LOCK || m->task[t].blocked_op == OP_DOWN) &&
		         p->ops[t][m->task[t].pc].kind != OP_TIMED_LOCK;
	for (size_t i = 0; i < report->finding_count; i++)
		told |= !strcmp(report->findings[i].rule, "deadlock");
	tally.deadlock += told;
	if (told && !stuck) {
		tally.deadlock_wrong++;
		disagree(p, "a deadlock was told, and nobody is stuck", NULL);
	}
}

static void single_run(const struct program *p, const struct exploration *all, uint64_t *random)
{
	struct feed f;
	struct machine m;
	struct machine_trace t = {feed_event, &f, .task0 = 1, .object0 = 2000000,
	                          .address0 = 0x10000};
	struct keyset happened = {0};

	feed_open(&f);
	f.traced = writer;
	run_random(p, random, &m, &t);
	conflicts_collect(&m, &happened);

	const struct report *report = feed_finish(&f);

	judge_findings(p, report, &happened, all);
	judge_misses(p, report, &happened);
	judge_prediction(&m, report, &all->conflicts);
	judge_deadlock(p, &m, report);
	analysis_free(f.analysis);
	keyset_fini(&happened);
}

static void places_of(const struct keyset *conflicts, struct keyset *places)
{
	for (size_t i = 0; i < conflicts->room; i++)
		if (conflicts->slots[i])
			keyset_add(places, conflict_place(conflicts->slots[i]));
}

/* Does taking these locks out make something reachable that was not? */
static bool locks_matter(const struct program *p, const struct exploration *all, unsigned mask,
                         bool *known)
{
	struct program without = *p;
	struct exploration e;
	struct keyset before = {0}, after = {0};

	for (unsigned l = 0; l < PROGRAM_LOCKS; l++)
		without.no_lock[l] = mask & 1u << l;
	without.no_sem[0] = p->permits[0] == 1 && (mask & 1u << PROGRAM_LOCKS);
	explore(&without, SCHEDULES * 4, &e);
	places_of(&all->conflicts, &before);
	places_of(&e.conflicts, &after);
	*known = !e.cut;

	bool matters = !keyset_equal(&all->outcomes, &e.outcomes) || !keyset_equal(&before, &after);

	exploration_fini(&e);
	keyset_fini(&before);
	keyset_fini(&after);
	return matters;
}

/* Can a conflict happen whose outer two lock l spans, and whose middle does not hold it? */
static bool lock_is_passed(const struct conflict *c, unsigned l)
{
	return (c->region & 1u << l) && !(c->other_held & 1u << l);
}

/* Can one happen that is guarded on both sides, by different locks, one of them l? */
static bool lock_is_wrong(const struct conflict *c, unsigned l)
{
	return c->region && c->other_held && !(c->region & c->other_held) &&
	       ((c->region | c->other_held) & 1u << l);
}

static bool lock_feasible(const struct exploration *all, unsigned l,
                          bool (*is_one)(const struct conflict *, unsigned))
{
	for (size_t i = 0; i < all->conflicts.room; i++) {
		struct conflict c = conflict_of_key(all->conflicts.slots[i]);

		if (all->conflicts.slots[i] && is_one(&c, l))
			return true;
	}
	return false;
}

static void judge_needed(const struct program *p, const struct exploration *all, unsigned l,
                         bool needed)
{
	bool known;
	bool matters = locks_matter(p, all, 1u << l, &known);

	if (known && needed && !matters) /* needed jointly with another? */
		matters = locks_matter(p, all, (2u << PROGRAM_LOCKS) - 1, &known);
	if (!known)
		return;
	if (needed)
		tally.needed++;
	else
		tally.needless++;
	if (needed == matters)
		return;
	if (needed && has_control(p, all)) {
		tally.controlled++;
		return;
	}
	if (needed)
		tally.needed_wrong++;
	else
		tally.needless_wrong++;
	printf("lock %u: ", l);
	disagree(p,
	         needed ? "needed, but taking it out changes nothing"
	                : "needless, but taking it out changes what can happen",
	         NULL);
}

static void judge_lock(const struct program *p, const struct exploration *all,
                       const struct report_lock *lock)
{
	unsigned l = (unsigned)(lock->created.site - MACHINE_LOCK_SITE);
	bool wrong = lock->verdict == REPORT_WRONG_LOCK;

	if (l >= PROGRAM_LOCKS)
		return;
	if (lock->verdict == REPORT_NEEDLESS || lock->verdict == REPORT_NEEDED) {
		judge_needed(p, all, l, lock->verdict == REPORT_NEEDED);
	} else if (lock->verdict == REPORT_BYPASSED || wrong) {
		tally.bypassed++;
		if (lock_feasible(all, l, wrong ? lock_is_wrong : lock_is_passed))
			return;
		if (has_control(p, all)) {
			tally.controlled++;
		} else {
			tally.bypassed_wrong++;
			printf("lock %u: ", l);
			disagree(p, "bypassed or wrong lock, but nothing can pass it", NULL);
		}
	} else {
		tally.other++;
	}
}

static void many_runs(const struct program *p, const struct exploration *all, uint64_t *random)
{
	struct feed f;
	struct machine m;
	struct machine_trace t = {feed_event, &f, .task0 = 1, .object0 = 2000000,
	                          .address0 = 0x10000};

	feed_open(&f);
	for (int i = 0; i < RUNS; i++) {
		run_random(p, random, &m, &t);
		t.task0 += PROGRAM_TASKS;
		t.object0 += MACHINE_OBJECTS;
		t.address0 += 8 * PROGRAM_VARS;
	}

	const struct report *report = feed_finish(&f);

	for (size_t i = 0; i < report->lock_count; i++)
		judge_lock(p, all, &report->locks[i]);
	analysis_free(f.analysis);
}

static void one_program(uint64_t seed)
{
	struct program p;
	struct exploration all;
	uint64_t random = ~seed;

	program_generate(seed, &p);
	explore(&p, SCHEDULES, &all);
	tally.programs++;
	tally.schedules += all.schedules;
	if (all.cut) {
		tally.passed_over++;
	} else {
		single_run(&p, &all, &random);
		many_runs(&p, &all, &random);
	}
	exploration_fini(&all);
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static int print_table(void)
{
	uint64_t wrong = tally.needless_wrong + tally.needed_wrong + tally.bypassed_wrong +
	                 tally.deadlock_wrong;

	printf("%llu programs, %llu schedules explored, %llu programs too large\n\n",
	       (unsigned long long)tally.programs, (unsigned long long)tally.schedules,
	       (unsigned long long)tally.passed_over);
	printf("%-20s %9s %7s %9s %7s %9s %11s %11s\n", "rule", "observed", "unreal", "happened",
	       "missed", "possible", "infeasible", "by control");
	for (struct rule *r = rules; r < rules + RULES; r++) {
		printf("%-20s %9llu %7llu %9llu %7llu %9llu %11llu %9.2f %%\n", r->name,
		       (unsigned long long)r->observed, (unsigned long long)r->unreal,
		       (unsigned long long)r->happened, (unsigned long long)r->missed,
		       (unsigned long long)r->possible, (unsigned long long)r->infeasible,
		       percent(r->controlled, r->possible));
		wrong += r->unreal + r->infeasible + (r->excusable ? 0 : r->missed);
	}
	printf("\nlost updates feasible on executed accesses: %llu, told from one schedule: %.1f "
	       "%%\n",
	       (unsigned long long)tally.feasible, percent(tally.predicted, tally.feasible));
	printf("locks: needless %llu (wrong %llu), needed %llu (wrong %llu),\n"
	       "       bypassed or wrong lock %llu (wrong %llu), other %llu; wrong by control %.2f "
	       "%%\n",
	       (unsigned long long)tally.needless, (unsigned long long)tally.needless_wrong,
	       (unsigned long long)tally.needed, (unsigned long long)tally.needed_wrong,
	       (unsigned long long)tally.bypassed, (unsigned long long)tally.bypassed_wrong,
	       (unsigned long long)tally.other,
	       percent(tally.controlled, tally.needed + tally.bypassed));
	printf("deadlocks told: %llu (wrong %llu)\n", (unsigned long long)tally.deadlock,
	       (unsigned long long)tally.deadlock_wrong);
	printf("%s\n", wrong ? "DISAGREEMENT" : "agreement");
	return wrong ? 1 : 0;
}

int main(int argc, char **argv)
{
	uint64_t programs = 1000, seed = 1;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--verbose"))
			verbose = true;
		else if (!strcmp(argv[i], "--trace") && !writer &&
		         !text_writer_new(stdout, &writer))
			continue;
		else if (!strcmp(argv[i], "--programs") && i + 1 < argc)
			programs = strtoull(argv[++i], NULL, 0);
		else if (!strcmp(argv[i], "--seed") && i + 1 < argc)
			seed = strtoull(argv[++i], NULL, 0);
		else {
			fprintf(stderr, "usage: agreement [--programs N] [--seed S] [--verbose] "
			                "[--trace]\n");
			return 2;
		}
	}
	printf("seeds %llu to %llu\n", (unsigned long long)seed,
	       (unsigned long long)(seed + programs - 1));
	for (uint64_t i = 0; i < programs; i++)
		one_program(seed + i);
	if (writer && text_writer_free(writer))
		return 3;
	return print_table();
}
