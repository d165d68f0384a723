/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_diff.h - which lines a change touched, by git.
 */
#ifndef CLI_LINT_DIFF_H
#define CLI_LINT_DIFF_H

#include "source/lint_rules/lint_model.h"

struct lint_diff;

/** Runs git in the current folder. Returns a status; a message has been printed. */
int lint_diff_read(const char *revision, struct lint_diff **out);

/** Does a place of the finding lie in a line that was added or changed? */
bool lint_diff_touches(const struct lint_diff *diff, const struct lint_finding *finding);

void lint_diff_free(struct lint_diff *diff); /* takes NULL */

#endif
