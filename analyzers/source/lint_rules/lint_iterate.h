/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_iterate.h - containers that change while a loop over them is suspended: AW102.
 */
#ifndef ANALYZERS_LINT_ITERATE_H
#define ANALYZERS_LINT_ITERATE_H

#include <stdint.h>

struct lint_model;
struct model_context;

/** Its windows are numbered as groups from `group` on. */
void lint_iterate(struct lint_model *m, const struct model_context *context, uint32_t group);

#endif
