/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * join_accept.h - which findings are waived, and by what each is known again.
 */
#ifndef ANALYZERS_JOIN_ACCEPT_H
#define ANALYZERS_JOIN_ACCEPT_H

struct lint_model;

/** Sorts the findings, links their places, makes the fingerprints, applies waivers. 0 or -ENOMEM.
 */
int join_accept(struct lint_model *m);

#endif
