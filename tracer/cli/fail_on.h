/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fail_on.h - what in a report makes the exit status 1.
 */
#ifndef CLI_FAIL_ON_H
#define CLI_FAIL_ON_H

#include <stdbool.h>
#include <stddef.h>

#include "report/report.h"

/**
 * Checks a list as --fail-on takes it: rules, lock verdicts, `findings`, `any`.
 * NULL is an empty list. Returns 0, or -EINVAL and the word that is none of
 * these in `word` (its length in `length`).
 */
int fail_on_check(const char *list, const char **word, size_t *length);

enum fail_on {
	FAIL_ON_NOTHING, /* the report has nothing of the list */
	FAIL_ON_FOUND,
	FAIL_ON_HIDDEN /* nothing, but what was not seen could have hidden some of it */
};

/**
 * Has the report what the list asks for? Findings that only inform
 * (never-suspends) count where their rule is named. `what`: what it has, or
 * what was not seen, for a sentence; not escaped.
 */
enum fail_on fail_on_judge(const char *list, const struct report *report, char *what, size_t size);

#endif
