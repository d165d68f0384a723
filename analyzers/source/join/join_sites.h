/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * join_sites.h - where the trace suspended, of the sites of the model.
 */
#ifndef ANALYZERS_JOIN_SITES_H
#define ANALYZERS_JOIN_SITES_H

struct join_trace;
struct lint_model;

/** After linking, before the rules. */
void join_sites(struct lint_model *m, const struct join_trace *trace);

#endif
