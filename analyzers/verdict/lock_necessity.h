/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock_necessity.h - what is known of a lock identity, and the verdict it leads to.
 */
#ifndef ANALYZERS_LOCK_NECESSITY_H
#define ANALYZERS_LOCK_NECESSITY_H

#include "rules/analyzer.h"
#include "base/histogram.h"
#include "rules/site_counts.h"

#define NECESSITY_ENOUGH 100u /* sections; from fewer nothing is concluded */

/** What was seen of one identity. */
struct lock_stats {
	uint64_t sections;
	uint64_t suspended; /* sections that spanned a gap, open ones included */
	uint64_t waited;    /* acquisitions that had to wait */
	uint64_t ended;     /* sections whose end the lock's state told */
	uint64_t unended;   /* sections whose end was not seen, though nothing was lost then */
	uint64_t cut;       /* sections that were open when records of their thread were lost */
	uint64_t inferred;
	uint64_t accesses;    /* recorded in its sections */
	uint64_t touched;     /* sections with at least one */
	uint64_t left;        /* sections still open whose task has ended */
	bool recording_began; /* a section was open when the recording began */
	struct histogram wait, hold;
	struct site_counts sites, suspensions, awaits;
	/* Evidence: the first conflict of its sort, an observed one before a possible. */
	struct conflict *needed;  /* this lock alone forbids it */
	struct conflict *jointly; /* this lock and others at once forbid it */
	uint32_t partner;         /* ... this identity, for one */
	struct conflict *bypassed;
	struct conflict *wrong;
	uint32_t wrong_other; /* the other identity (or the same: another object) */
	bool covered; /* it keeps apart accesses that lie outside its sections, right before or
	                 after */
	struct conflict *split; /* both accesses under it, but not in one acquisition */
};

struct necessity {
	const struct analyzer_env *env;
	struct lock_stats **stats; /* by identity, of the first `count`; NULL: never taken */
	uint32_t count;
	int error;
};

/** What is known of an identity, made if need be. NULL: no memory, noted in `error`. */
struct lock_stats *lock_stats_of(struct necessity *self, uint32_t identity);

/** A conflict that locks forbid, and one that none does: what does it show of the locks held? */
void lock_evidence_kept_out(struct necessity *self, const struct conflict *conflict);
void lock_evidence_passed(struct necessity *self, const struct conflict *conflict);

/** Fills in verdict, basis, why, change, command and stops of a lock, the rest of which is there.
 */
void lock_verdict(const struct analyzer_env *env, const struct identity *identity,
                  const struct lock_stats *stats, struct report_lock *out);

/** What can suspend in the sections of a lock that is dormant, and the sentence about it. `source`
 * is what was read of the program, all empty if nothing was; `doubts`: sections that may have
 * suspended unseen, for records were lost. */
void lock_dormant(const struct analyzer_env *env, const struct lock_stats *stats,
                  const struct report_source *source, uint64_t doubts, struct report_lock *out);

/** A place, for a sentence. Never NULL. */
const char *lock_place_text(const struct analyzer_env *env, const struct report_place *place);

/** The name of an identity, for a sentence. Never NULL. */
const char *lock_name(const struct analyzer_env *env, const struct identity *identity);

#endif
