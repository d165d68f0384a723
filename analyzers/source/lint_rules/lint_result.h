/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_result.h - what was found in a program, kept in the cache for when none of its files
 * changed.
 */
#ifndef ANALYZERS_LINT_RESULT_H
#define ANALYZERS_LINT_RESULT_H

#include "lint_model_parts.h"

/**
 * The key of a program's files as they are now: paths, sizes, times, inodes, and this build of the
 * tool. 0: a file changed so shortly ago that a later change might not be told from it.
 */
uint64_t lint_result_key(const struct program *p);

/** Fills in findings, statistics and what was not understood. False: nothing is kept for the key.
 */
bool lint_result_load(struct lint_model *m, const char *folder, uint64_t key);

/** Keeps them. Failure costs only time later. Safe from several processes. */
void lint_result_store(const struct lint_model *m, const char *folder, uint64_t key);

#endif
