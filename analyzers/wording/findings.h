/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * findings.h - what the analyzers found, each once, with how often.
 *
 * One finding per (rule, object, sites). Locations that have the same name (a
 * field of many objects) become one finding when the report is made.
 */
#ifndef ANALYZERS_FINDINGS_H
#define ANALYZERS_FINDINGS_H

#include <stdint.h>

#include "access/conflict.h"
#include "base/idmap.h"
#include "report/report.h"
#include "says.h"
#include "test_set.h"
#include "base/text_pool.h"

#define FINDINGS_BY_ADDRESS 4096u  /* then those of the same rule and sites share one */
#define FINDINGS_MAX        16384u /* then more are left out, and counted */
#define DEADLOCK_TASKS      4096u  /* followed from one that waits to the next */
#define LOCK_ORDER_PAIRS    4096u  /* of locks taken one within the other that are alive */

/* X(NAME, text, severity, harm: 0 is worst, what it takes to say it) */
#define FINDING_RULES(X)                                                                           \
	X(DEADLOCK, "deadlock", ERROR, 0, DEADLOCK)                                                \
	X(SELF_DEADLOCK, "self-deadlock", ERROR, 1, DEADLOCK)                                      \
	X(DATA_RACE, "data-race", ERROR, 2, RACE)                                                  \
	X(LOST_UPDATE, "lost-update", ERROR, 3, CONFLICT)                                          \
	X(CHECK_THEN_ACT, "check-then-act", ERROR, 4, CONFLICT)                                    \
	X(STALE_USE, "stale-use", ERROR, 5, CONFLICT)                                              \
	X(CHANGED_ITERATING, "changed-while-iterating", ERROR, 6, CONFLICT)                        \
	X(LOCK_NEVER_RELEASED, "lock-never-released", ERROR, 7, RELEASED)                          \
	X(INCONSISTENT_GUARD, "inconsistent-guard", WARNING, 8, CONFLICT)                          \
	X(THREAD_LOCK, "thread-lock-across-suspension", WARNING, 9, THREAD_LOCK)                   \
	X(LOCK_ORDER, "lock-order", WARNING, 10, ORDER)                                            \
	X(LONG_STEP, "long-step", WARNING, 11, LONG_STEP)                                          \
	X(NEVER_SUSPENDS, "never-suspends", INFO, 12, AWAITS)

enum finding_rule {
#define FINDING_RULE_ENUM(NAME, text, severity, harm, says) RULE_##NAME,
	FINDING_RULES(FINDING_RULE_ENUM)
#undef FINDING_RULE_ENUM
		RULE_MAX
};

const char *finding_rule_text(enum finding_rule rule);
enum report_severity finding_rule_severity(enum finding_rule rule);

/** May this rule be told of a source that sees `can` of a target of `runtime`? */
bool finding_rule_allowed(enum finding_rule rule, uint64_t can, uint16_t runtime);

/** One finding. Its maker fills in the texts and places when `fresh`. */
struct finding {
	enum finding_rule rule;
	uint64_t object;                  /* address, lock identity, ... */
	uint64_t read, gap, write, other; /* sites; 0: none */
	uint64_t places;                  /* hash of the rule and of these as they are shown */
	uint64_t observed, possible;      /* how often */
	uint64_t objects;                 /* made into this one */
	uint64_t max_ns;
	struct test_set tests;       /* in which it was observed */
	struct test_set tests_might; /* in which it could have happened */
	uint64_t time[3];            /* of first, other, second; 0: none */
	bool pattern;
	bool reads, other_reads; /* the first, the other: it does not write */
	bool inferred;           /* that it was the other who wrote: it may have been a callback */
	bool withdrawn;          /* it turned out to be none */
	bool fresh;              /* made by this call */
	uint32_t lock;           /* identity that would have protected, IDMAP_NONE: none */
	uint32_t other_lock;     /* identity that the other held, IDMAP_NONE: none */
	char *name;              /* of the object; NULL: by address or site label */
	char *task, *other_task; /* copies: the tasks may be gone at the end */
	char *message;           /* NULL: made from the rule and the places */
	char *change;
};

struct findings {
	struct finding **rows;
	uint32_t count, room;
	uint64_t left_out;    /* times that something was found that is in none of the rows */
	uint64_t circles_cut; /* times that who waits for whom was followed up to DEADLOCK_TASKS */
	uint64_t orders_left_out; /* pairs of locks, more than LOCK_ORDER_PAIRS */
	struct idmap by_key;
	int error;
};

/** The finding of this rule, object and sites, made if need be. NULL: there are too many, and it is
 * left out, which is counted; or no memory, which `error` tells. */
struct finding *findings_get(struct findings *findings, enum finding_rule rule, uint64_t object,
                             uint64_t read, uint64_t gap, uint64_t write);

/** It was `observed`, or was possible, in a test (world_test's). Without memory `findings->error`
 * is set. */
void findings_seen_in(struct findings *findings, struct finding *finding, uint64_t test,
                      bool observed);

/** Notes a conflict as a finding of `rule`; `count` as conflict_fn gives it. */
void findings_conflict(struct findings *findings, const struct world *world, enum finding_rule rule,
                       const struct conflict *conflict, uint64_t count);

/** A copy of an actor's name: of a task by name or number, of the rest "a callback". NULL: no
 * memory. */
char *findings_actor_name(const struct world *world, uint64_t actor);

/** Writes the findings that may be said into the report, worst first. 0 or -ENOMEM. */
int findings_report(struct findings *findings, const struct world *world, struct text_pool *pool,
                    struct report *report);

void findings_fini(struct findings *findings);

/** A place of the report from a site id. */
struct report_place findings_place(const struct world *world, uint64_t site);

#endif
