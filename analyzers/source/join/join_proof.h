/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * join_proof.h - what the source of a running program proves of a lock that it uses.
 */
#ifndef ANALYZERS_JOIN_PROOF_H
#define ANALYZERS_JOIN_PROOF_H

#include "source/lint_rules/lint_model.h"
#include "source/program/program_table.h"
#include "report/report.h"

/** What the model was made from. */
struct join_program {
	const char *root;          /* stands before each name where this process opens it */
	const char *const *others; /* what was loaded without a source */
	size_t other_count;
	const char
		*doubt; /* why nothing is proven of this program at all; NULL: there is no reason */
};

/** Awaits in the sections of a lock that can suspend. Zeroed memory is an empty one. */
struct join_proof_stops {
	PROGRAM_TABLE(struct report_stop) found;
};

void join_proof_stops_fini(struct join_proof_stops *stops);

/**
 * What the source says of a lock of a report. A proof is stricter than a finding of lint: it
 * believes no annotation, wants every place where the lock was taken to be one of the source, and
 * nothing that was loaded to be unread. The texts of `out` live as long as the model, its stops
 * as long as what is in `stops`, which is filled anew.
 */
void join_proof_lock(struct lint_model *m, const struct join_program *program,
                     const struct report_lock *lock, struct join_proof_stops *stops,
                     struct report_source *out);

#endif
