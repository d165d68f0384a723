/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_parts.h - how rules say what they found.
 */
#ifndef ANALYZERS_LINT_PARTS_H
#define ANALYZERS_LINT_PARTS_H

#include "lint_model.h"
#include "source/program/program_parts.h"
#include "report/report.h"

/* A file that was not fully understood. */
struct lint_broken {
	const char *file;
	uint32_t line; /* 0: all of it */
};

struct lint_model {
	struct program program;
	PROGRAM_TABLE(struct lint_finding) findings;
	PROGRAM_TABLE(struct lint_place) places;
	PROGRAM_TABLE(uint32_t) first_place; /* by finding: places are a table that moves */
	PROGRAM_TABLE(struct lint_window) windows;
	PROGRAM_TABLE(struct lint_writer) writers;
	PROGRAM_TABLE(const char *) labels; /* of the windows' locks */
	PROGRAM_TABLE(uint32_t) first_label;
	PROGRAM_TABLE(struct lint_error) errors;
	PROGRAM_TABLE(struct lint_broken) broken;
	PROGRAM_TABLE(struct report_stop) stops; /* of the lock that was asked about last */
	struct lint_stats stats;
};

/** Begins a finding; the places added after it are its. Gives its index, 0 without memory. */
uint32_t lint_finding_new(struct lint_model *m, enum lint_rule_id rule, uint32_t object);
void lint_finding_message(struct lint_model *m, uint32_t finding, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void lint_finding_why(struct lint_model *m, uint32_t finding, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void lint_finding_fix(struct lint_model *m, uint32_t finding, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/** A place for the newest finding. */
void lint_finding_place(struct lint_model *m, uint32_t file, uint32_t node, const char *role,
                        const char *format, ...) __attribute__((format(printf, 5, 6)));
/** Sorts, links the places, makes the fingerprints, applies waivers. */
int lint_findings_finish(struct lint_model *m);

/* join_sites.c: with a trace */
void join_sites(struct lint_model *m,
                const struct join_trace *trace); /* after linking, before rules */
void join_findings(struct lint_model *m, const struct join_trace *trace,
                   const struct report *report);

/* The rules. Each adds findings. */
void lint_locks(struct lint_model *m);   /* AW001, AW002, AW003, AW005 */
void lint_acquire(struct lint_model *m); /* AW004, AW104 */
void lint_paths(struct lint_model *m);   /* AW006, AW007, AW101, AW103, the windows */
struct model_context;
/* AW102; its windows are numbered as groups from `group` on. */
void lint_iterate(struct lint_model *m, const struct model_context *context, uint32_t group);

/** Is a lock proven needless? */
bool lint_lock_needless(const struct program *p, uint32_t lock);

#endif
