/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * join_model.h - makes the model of a program from its files, and joins it with a trace.
 */
#ifndef ANALYZERS_JOIN_MODEL_H
#define ANALYZERS_JOIN_MODEL_H

#include "source/lint_rules/lint_model.h"

struct fault;
struct language;
struct join_trace;
struct report;

struct join_options {
	const char *const *paths; /* files and folders */
	size_t path_count;
	const char *const *exclude; /* parts of paths to leave out */
	size_t exclude_count;
	const struct language *language; /* NULL: the first of languages[] */
	const char *cache;               /* an existing folder; NULL: none */
	unsigned int threads;            /* 0: one for each processor, at most 8 */
	bool findings_only; /* no windows and writers are asked for: the cache may do */
	/* What was recorded of the program, to be joined; both or neither. Used during the call
	 * only. */
	const struct join_trace *trace;
	const struct report *report;
	struct fault *fault; /* NULL: not wanted. Names the file or folder that made it fail */
};

/**
 * Makes the model: reads files, may start threads, blocks. 0 or a negative errno: a path that is
 * not there, or a file or folder below one that cannot be read. What is left out by accident would
 * make what is said of the rest false.
 */
int join_model_open(const struct join_options *options, struct lint_model **out);
void join_model_close(struct lint_model *model); /* takes NULL */

#endif
