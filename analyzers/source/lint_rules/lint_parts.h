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
struct pybroken {
	const char *file;
	uint32_t line; /* 0: all of it */
};

struct pymodel {
	struct py_program program;
	PY_TABLE(struct pyfinding) findings;
	PY_TABLE(struct pyplace) places;
	PY_TABLE(uint32_t) first_place; /* by finding: places are a table that moves */
	PY_TABLE(struct pywindow) windows;
	PY_TABLE(struct pywriter) writers;
	PY_TABLE(const char *) labels; /* of the windows' locks */
	PY_TABLE(uint32_t) first_label;
	PY_TABLE(struct pymodel_error) errors;
	PY_TABLE(struct pybroken) broken;
	PY_TABLE(struct report_stop) stops; /* of the lock that was asked about last */
	struct pymodel_stats stats;
};

/** Begins a finding; the places added after it are its. Gives its index, 0 without memory. */
uint32_t finding_new(struct pymodel *m, enum pyrule_id rule, uint32_t object);
void finding_message(struct pymodel *m, uint32_t finding, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void finding_why(struct pymodel *m, uint32_t finding, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void finding_fix(struct pymodel *m, uint32_t finding, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/** A place for the newest finding. */
void finding_place(struct pymodel *m, uint32_t file, uint32_t node, const char *role,
                   const char *format, ...) __attribute__((format(printf, 5, 6)));
/** Sorts, links the places, makes the fingerprints, applies waivers. */
int findings_finish(struct pymodel *m);

/* join_sites.c: with a trace */
void pyjoin_sites(struct pymodel *m, const struct pytrace *trace); /* after linking, before rules */
void pyjoin_findings(struct pymodel *m, const struct pytrace *trace, const struct report *report);

/* The rules. Each adds findings. */
void pyrules_locks(struct pymodel *m);   /* AW001, AW002, AW003, AW005 */
void pyrules_acquire(struct pymodel *m); /* AW004, AW104 */
void pyrules_paths(struct pymodel *m);   /* AW006, AW007, AW101, AW103, the windows */
struct py_context;
/* AW102; its windows are numbered as groups from `group` on. */
void pyrules_iterate(struct pymodel *m, const struct py_context *context, uint32_t group);

/** Is a lock proven needless? */
bool py_lock_needless(const struct py_program *p, uint32_t lock);

#endif
