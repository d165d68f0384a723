/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_finding.h - findings and their places, and how rules make them.
 */
#ifndef ANALYZERS_LINT_FINDING_H
#define ANALYZERS_LINT_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lint_rule.h"

struct lint_model;

/** A place in the source that a finding points at. Strings live as long as the model. */
struct lint_place {
	const char *role; /* "read", "suspends", "write", "region", "made", ... */
	const char *file;
	const char *function; /* qualified name; "": at module level */
	uint32_t line;        /* 1-based; 0: the place as a whole */
	uint32_t col, end;    /* 0-based bytes; end: after the last, in the same line, or 0 */
	const char *text;     /* what is to be said about it */
};

struct lint_finding {
	const struct lint_rule *rule;
	const char *object;              /* "Class.attribute", "module.variable" */
	const char *message;             /* one sentence */
	const char *why;                 /* why it is believed; may be "" */
	const char *fix;                 /* the smallest change; may be "" */
	const struct lint_place *places; /* the first is where it is reported */
	size_t place_count;
	uint64_t fingerprint; /* the same after lines moved or the file was renamed */
	bool waived;          /* by a comment in the source */
	bool observed;        /* a trace confirms it */
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

#endif
