/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * judge.c - the tables, and what all judges need.
 */
#include "judge.h"

#include <stdio.h>

void judge_init(struct judge *j)
{
	static const char *const rules[JUDGE_RULES] = {
		[JUDGE_LOST_UPDATE] = "lost-update",
		[JUDGE_CHECK_THEN_ACT] = "check-then-act",
		[JUDGE_STALE_USE] = "stale-use",
		[JUDGE_CHANGED] = "changed-while-iterating",
		[JUDGE_INCONSISTENT_GUARD] = "inconsistent-guard",
		[JUDGE_DATA_RACE] = "data-race",
		[JUDGE_DEADLOCK] = "deadlock",
		[JUDGE_LOCK_ORDER] = "lock-order",
		[JUDGE_NEVER_RELEASED] = "lock-never-released",
		[JUDGE_THREAD_LOCK] = "thread-lock-across-suspension",
	};
	static const char *const verdicts[JUDGE_VERDICTS] = {
		[JUDGE_NEEDLESS] = "needless", [JUDGE_DORMANT] = "dormant",
		[JUDGE_NEEDED] = "needed",     [JUDGE_BYPASSED] = "bypassed",
		[JUDGE_WRONG] = "wrong-lock",
	};

	*j = (struct judge){.verbose = false};
	for (unsigned i = 0; i < JUDGE_RULES; i++)
		j->rules[i].name = rules[i];
	for (unsigned i = 0; i < JUDGE_VERDICTS; i++)
		j->verdicts[i].name = verdicts[i];
	j->rules[JUDGE_LOST_UPDATE].floor = 95;
	j->rules[JUDGE_INCONSISTENT_GUARD].floor = 90;
	j->rules[JUDGE_DATA_RACE].floor = 95;
	j->rules[JUDGE_STALE_USE].floor = 90;
	j->rules[JUDGE_CHANGED].floor = 90;
	j->rules[JUDGE_CHECK_THEN_ACT].excusable = true;
	j->rules[JUDGE_STALE_USE].excusable = true;
	j->rules[JUDGE_CHANGED].excusable = true;
	j->rules[JUDGE_INCONSISTENT_GUARD].excusable = true;
}

bool judge_has_control(const struct program *p, const struct exploration *all)
{
	for (int t = 0; t < p->tasks; t++)
		for (int i = 0; i < PROGRAM_OPS; i++) {
			const struct op *op = &p->ops[t][i];

			if (op->kind == OP_IF || op->kind == OP_CANCEL || op->timed ||
			    (op->kind == OP_DOWN && p->permits > 1))
				return true;
		}
	return all->stuck > 0;
}

/*
 * Programs in which an order and a lock, or the lines for two locks, exclude something only
 * together, which is not followed (docs/theory.md, "Not feasible all the same"): each was looked
 * into, and disagrees just so often.
 */
static const struct {
	uint64_t seed;
	unsigned count;
} documented[JUDGE_DOCUMENTED] = {{6873, 3}, {2092135, 2}, {3055777, 1}};

void judge_disagree(struct judge *j, const struct program *p, const char *what,
                    const struct report_finding *f)
{
	printf("DISAGREE seed %llu: %s", (unsigned long long)p->seed, what);
	if (f)
		printf(" (%s read %llx write %llx other %llx)", f->rule,
		       (unsigned long long)f->read.site, (unsigned long long)f->write.site,
		       (unsigned long long)f->other.site);
	putchar('\n');
	j->disagreements++;
	for (unsigned i = 0; i < JUDGE_DOCUMENTED; i++)
		j->documented[i] += p->seed == documented[i].seed;
	if (j->verbose)
		program_print(p);
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

/* Too few say nothing. */
static bool too_low(const struct tally *r)
{
	return r->feasible >= 200 && percent(r->predicted, r->feasible) < r->floor;
}

static void print_rate(uint64_t part, uint64_t whole)
{
	if (whole)
		printf("  %9.2f %%", percent(part, whole));
	else
		printf("  %11s", "-");
}

static uint64_t print_rules(const struct judge *j)
{
	uint64_t wrong = 0;

	printf("%-30s %8s %7s %9s %7s %9s %11s  %11s  %11s\n", "rule", "observed", "unreal",
	       "happened", "missed", "possible", "infeasible", "by control", "predicted");
	for (const struct tally *r = j->rules; r < j->rules + JUDGE_RULES; r++) {
		printf("%-30s %8llu %7llu %9llu %7llu %9llu %11llu", r->name,
		       (unsigned long long)r->observed, (unsigned long long)r->unreal,
		       (unsigned long long)r->happened, (unsigned long long)r->missed,
		       (unsigned long long)r->possible, (unsigned long long)r->infeasible);
		print_rate(r->controlled, r->possible);
		print_rate(r->predicted, r->feasible);
		printf("%s\n", too_low(r) ? "  too low" : "");
		wrong += too_low(r) + r->unreal + r->infeasible + (r->excusable ? 0 : r->missed);
	}
	return wrong;
}

uint64_t judge_print(const struct judge *j)
{
	uint64_t wrong = print_rules(j);

	printf("\n%-30s %8s %7s  %11s\n", "lock verdict", "said", "wrong", "by control");
	for (const struct verdict_tally *v = j->verdicts; v < j->verdicts + JUDGE_VERDICTS; v++) {
		printf("%-30s %8llu %7llu", v->name, (unsigned long long)v->said,
		       (unsigned long long)v->wrong);
		print_rate(v->controlled, v->said);
		putchar('\n');
		wrong += v->wrong;
	}
	printf("%-30s %8llu\n", "other", (unsigned long long)j->other_verdicts);
	for (unsigned i = 0; i < JUDGE_DOCUMENTED; i++)
		if (j->documented[i] == documented[i].count) {
			printf("seed %llu: documented\n", (unsigned long long)documented[i].seed);
			wrong -= documented[i].count;
		}
	return wrong;
}
