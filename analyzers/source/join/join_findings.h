/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * join_findings.h - which findings a trace confirms.
 */
#ifndef ANALYZERS_JOIN_FINDINGS_H
#define ANALYZERS_JOIN_FINDINGS_H

struct join_trace;
struct lint_model;
struct report;

void join_findings(struct lint_model *m, const struct join_trace *trace,
                   const struct report *report);

#endif
