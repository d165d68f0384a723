/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * judge.h - holds a report against what the oracle knows, and counts.
 */
#ifndef ORACLE_JUDGE_H
#define ORACLE_JUDGE_H

#include "analysis.h"
#include "explore.h"

/** One rule: a row of the table that is printed. */
struct tally {
	const char *name;
	uint64_t observed, unreal;     /* told to have happened; of these, it did not */
	uint64_t happened, missed;     /* happened in the schedule that was told; not told */
	uint64_t possible, infeasible; /* the latter: where events can tell what may happen */
	uint64_t controlled;           /* infeasible, where they cannot (judge_has_control) */
	uint64_t feasible, predicted;  /* what can happen on executed accesses; told of it */
	unsigned floor;                /* %: less than this predicted is a failure, too */
	bool excusable; /* silent when the other's write is what the task was woken for */
};

/** A lock verdict: a row of the second table. */
struct verdict_tally {
	const char *name;
	uint64_t said, wrong, controlled;
};

enum judge_rule {
	JUDGE_LOST_UPDATE,
	JUDGE_CHECK_THEN_ACT,
	JUDGE_STALE_USE,
	JUDGE_CHANGED,
	JUDGE_INCONSISTENT_GUARD,
	JUDGE_DATA_RACE,
	JUDGE_DEADLOCK,
	JUDGE_LOCK_ORDER,
	JUDGE_NEVER_RELEASED,
	JUDGE_THREAD_LOCK,
	JUDGE_RULES
};

enum judge_verdict {
	JUDGE_NEEDLESS,
	JUDGE_DORMANT,
	JUDGE_NEEDED,
	JUDGE_BYPASSED,
	JUDGE_WRONG,
	JUDGE_VERDICTS
};

/** What is judged: a program, all that can happen in it, one schedule, what was told of it. */
struct trial {
	const struct program *p;
	const struct exploration *all;
	const struct machine *end; /* of the schedule that was told */
	const struct keyset *happened;

	const struct report *report;
};

enum { JUDGE_DOCUMENTED = 3 };

struct judge {
	struct tally rules[JUDGE_RULES];
	struct verdict_tally verdicts[JUDGE_VERDICTS];
	uint64_t other_verdicts;
	uint64_t disagreements;
	unsigned documented[JUDGE_DOCUMENTED]; /* of these, in each program that is documented */
	bool verbose;                          /* prints the programs that disagree */
};

void judge_init(struct judge *j);

/** The findings of one schedule: judge_findings.c, judge_deadlocks.c. */
void judge_findings(struct judge *j, const struct trial *trial);
void judge_deadlocks(struct judge *j, const struct trial *trial);

/** The verdicts about locks, from many schedules: judge_locks.c. `limit` as of explore. */
void judge_locks(struct judge *j, const struct trial *trial, uint64_t limit);

/** Prints the tables. Returns how much that must never happen did, and is not documented. */
uint64_t judge_print(const struct judge *j);

/**
 * Can events tell what else could have happened? Not where an access depends on something that
 * events do not carry: a test, a cancel, a timeout; how many permits a task needs; a task that
 * stays blocked for good with a lock in hand.
 */
bool judge_has_control(const struct program *p, const struct exploration *all);

/** Prints a disagreement. `f` may be NULL. */
void judge_disagree(struct judge *j, const struct program *p, const char *what,
                    const struct report_finding *f);

#endif
