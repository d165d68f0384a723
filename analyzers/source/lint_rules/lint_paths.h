/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_paths.h - state read before a suspension and written after it: AW006, AW007, AW101, AW103,
 * and the windows.
 */
#ifndef ANALYZERS_LINT_PATHS_H
#define ANALYZERS_LINT_PATHS_H

struct lint_model;

void lint_paths(struct lint_model *m);

#endif
