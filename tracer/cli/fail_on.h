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

/**
 * True if the report has what the list asks for. Findings that only inform
 * (never-suspends) count where their rule is named.
 */
bool fail_on_hit(const char *list, const struct report *report);

#endif
