/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * join.h - what joins the model with a trace, for join_sites.c and join_findings.c alone.
 */
#ifndef ANALYZERS_JOIN_H
#define ANALYZERS_JOIN_H

#include "source/lint_rules/lint_model_parts.h"
#include "join_trace.h"
#include "report/report.h"

/* A site of a line, and the next one of that line. */
struct line_site {
	uint32_t site, next;
};

struct join {
	struct lint_model *m;
	struct model *model;
	struct program *p; /* the model\'s */
	const struct join_trace *trace;
	struct program_map files; /* (string of a path, 0) -> file + 1; 1: none */
	struct program_map sites; /* (file, line) -> first of `lines` */
	PROGRAM_TABLE(struct line_site) lines;
	struct program_map seen; /* (file, line) of the trace */
};

/** The program's file of a path in the trace; 0: none, or it is not clear which. */
uint32_t join_file(struct join *j, const char *path);
/** Is it this function? Not every runtime knows qualified names (Python from 3.11 on). */
bool join_same_function(const char *own, const char *traced);
void join_fini(struct join *j);

#endif
