/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_acquire.h - locks taken by hand: AW004, AW104.
 */
#ifndef ANALYZERS_LINT_ACQUIRE_H
#define ANALYZERS_LINT_ACQUIRE_H

struct lint_model;

void lint_acquire(struct lint_model *m);

#endif
