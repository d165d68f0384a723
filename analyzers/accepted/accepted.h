/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * accepted.h - what of a report its reader has accepted: findings that a comment in the source
 * waives, and by what one is known again in a baseline. The comments and the files are those of
 * lint: a rule that lint has too goes by its ids and names as well.
 */
#ifndef ANALYZERS_ACCEPTED_H
#define ANALYZERS_ACCEPTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/report.h"

/* What a finding goes by. X(rule, functions that tell it apart, ids of lint's rules, the nearest
 * first; "": none). Of a circle of locks it depends on the run where it begins. */
#define ACCEPTED_RULES(X)                                                                          \
	X("lost-update", 2, "AW007", "", "")                                                       \
	X("check-then-act", 2, "AW101", "AW006", "AW103")                                          \
	X("changed-while-iterating", 2, "AW102", "", "")                                           \
	X("stale-use", 2, "", "", "")                                                              \
	X("inconsistent-guard", 2, "", "", "")                                                     \
	X("data-race", 2, "", "", "")                                                              \
	X("thread-lock-across-suspension", 2, "AW003", "", "")                                     \
	X("lock-never-released", 1, "AW004", "AW104", "")                                          \
	X("long-step", 2, "", "", "")                                                              \
	X("deadlock", 0, "", "", "")                                                               \
	X("self-deadlock", 0, "", "", "")                                                          \
	X("lock-order", 0, "", "", "")                                                             \
	X("never-suspends", 2, "", "", "")                                                         \
	X("needless", 0, "AW001", "", "")                                                          \
	X("bypassed", 0, "", "", "")                                                               \
	X("wrong-lock", 0, "", "", "")

enum { ACCEPTED_PRINTS = 4 };

/** By what a finding or a lock is known in a baseline. */
struct accepted {
	const char *rule; /* as a baseline names it: lint's id where there is one */
	const char *object, *function;
	uint64_t prints[ACCEPTED_PRINTS]; /* fingerprints; the first is the one that is written */
	size_t count;
};

/** Does a comment at one of its places waive it? */
bool accepted_waives(const struct report_finding *finding);
bool accepted_waives_lock(const struct report_lock *lock);

/** Texts in it are the finding's. */
struct accepted accepted_of(const struct report_finding *finding);
struct accepted accepted_of_lock(const struct report_lock *lock);

/** Is it a verdict that asks for a change, and so may be accepted? */
bool accepted_verdict(enum report_verdict verdict);

/** Does a waiver name a rule that a run tells of, so that there may be a use for it which the
 * source alone does not show? By its name: an id is lint's. */
bool accepted_of_run(const char *waiver);

#endif
