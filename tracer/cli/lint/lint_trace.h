/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_trace.h - a recorded trace, read for lint: what was observed, to be joined with the source.
 */
#ifndef CLI_LINT_TRACE_H
#define CLI_LINT_TRACE_H

#include "analysis.h"
#include "source/join/join_trace.h"

struct lint_trace {
	struct analysis *analysis;
	struct join_trace *places;
	const struct report *report; /* of the analysis */
};

/** Reads a trace folder to its end; blocks. Returns a status: a message has been printed. */
int lint_trace_read(const char *path, struct lint_trace *out);

void lint_trace_fini(struct lint_trace *trace);

#endif
