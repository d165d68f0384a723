/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_model.h - what can be said of a program from its source alone, as others use it.
 *
 * Made once from files (join_model_open); then only read. The windows are what a tracer should
 * watch to say more.
 */
#ifndef ANALYZERS_LINT_MODEL_H
#define ANALYZERS_LINT_MODEL_H

#include "lint_finding.h"
#include "lint_window.h"

struct lint_model;

/** The model says that a place never suspends, and the trace shows that it did. */
struct lint_error {
	const char *file, *function;
	uint32_t line;
	uint64_t count; /* suspensions */
};

struct lint_stats {
	uint32_t files, lowered, broken, lines_unknown;
	uint32_t functions, async_functions, never; /* never: async and proven never to suspend */
	uint32_t sites, sites_never;
	uint32_t locks, needless;
	/* of a trace: its places in files of the program, and those of them that are no await there
	 */
	uint32_t trace_places, trace_strangers;
};

/** All findings, waived ones and those of the watch tier included, ordered by file and line. */
const struct lint_finding *lint_model_findings(const struct lint_model *model, size_t *count);
const struct lint_window *lint_model_windows(const struct lint_model *model, size_t *count);
/** All writes of attributes of self and of modules' variables by functions of classes and async
 * ones.
 */
const struct lint_writer *lint_model_writers(const struct lint_model *model, size_t *count);
void lint_model_stats(const struct lint_model *model, struct lint_stats *out);

/** Where a trace has shown the model to be wrong; the findings do not rest on it any more. */
const struct lint_error *lint_model_errors(const struct lint_model *model, size_t *count);

/** The nth file that was not fully understood: its path, and the line; NULL: no more. */
const char *lint_model_broken(const struct lint_model *model, size_t nth, uint32_t *line);

#endif
