/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * analysis.h - the analyzers as a subcommand sees them: feed events, get a report.
 *
 * Pure: no printing, no files, no globals. Memory is bounded by the code and
 * the live state of the target, not by the number of events fed.
 */
#ifndef ANALYZERS_ANALYSIS_H
#define ANALYZERS_ANALYSIS_H

#include <stdint.h>

#include "report/report.h"
#include "event/stream.h"

struct analysis;

struct analysis_options {
	const char *only;      /* comma-separated analyzer names; NULL: all */
	uint64_t long_step_ns; /* a step longer than this is a long-step finding; 0: the default,
	                          100 ms */
};

/** Makes an analysis. `options` may be NULL. Returns 0 or a negative errno (-ENOENT: `only` names
 * no analyzer). */
int analysis_new(const struct analysis_options *options, struct analysis **out);

/** What there is of the program's source is asked with `fn` about each lock, in analysis_finish. */
void analysis_source(struct analysis *analysis, report_source_fn fn, void *context);

/** Takes a batch (a stream_fn; `analysis` is a struct analysis *). Never blocks. */
int analysis_feed(void *analysis, const struct stream_batch *batch);

/** What is fed is not all that was recorded: `what` (a text that lives as long as the analysis)
 * says so among what was not seen. Of more than four such texts the first four stand there. */
void analysis_incomplete(struct analysis *analysis, const char *what);

/**
 * Ends the analysis and gives the report, which stays valid until
 * analysis_free. No feeding after that.
 */
int analysis_finish(struct analysis *analysis, const struct report **out);

void analysis_free(struct analysis *analysis); /* takes NULL */

#endif
