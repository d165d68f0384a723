/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_format.h - writers of `awaitness lint`, listed in lint_format.c.
 */
#ifndef REPORT_LINT_FORMAT_H
#define REPORT_LINT_FORMAT_H

#include <stdio.h>

#include "source/lint_rules/lint_model.h"

/** What is to be printed. Plain data; the findings belong to the model. */
struct lint_report {
	const struct lint_finding *const *findings;
	size_t count;
	size_t waived, known; /* left out: by a comment, by the baseline */
	struct lint_stats stats;
	const struct lint_model *model;
	const char *root; /* paths are printed relative to it, where a format wants that */
	bool colour;
	unsigned int width; /* columns; 0: no limit */
};

/** Writes the whole report. Returns 0 or a negative errno. */
typedef int (*lint_writer_fn)(FILE *out, const struct lint_report *report);

int lint_write_text(FILE *out, const struct lint_report *report);
int lint_write_json(FILE *out, const struct lint_report *report);
int lint_write_sarif(FILE *out, const struct lint_report *report);  /* SARIF 2.1.0 */
int lint_write_github(FILE *out, const struct lint_report *report); /* workflow commands */
int lint_write_gitlab(FILE *out, const struct lint_report *report); /* code quality */
int lint_write_junit(FILE *out, const struct lint_report *report);  /* JUnit XML */

/* Names and writers, ended by NULL; the names are what --format takes. */
extern const char *const lint_formats[];
extern const lint_writer_fn lint_writers[];

/** "lock-across-yield" of a finding as other tools want it: error or warning. */
const char *lint_severity(const struct lint_rule *rule);

/** A path below report->root, relative to it; else as it is. */
const char *lint_path(const struct lint_report *report, const char *path);

/** Line `line` of a file, without its end, in memory to free; NULL: it cannot be read. */
char *lint_source_line(const char *path, unsigned int line);

/** The page of a rule (docs/rules), as compiled in; NULL: no such rule. */
const char *lint_rule_page(const struct lint_rule *rule);

#endif
