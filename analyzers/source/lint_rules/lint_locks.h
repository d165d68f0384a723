/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_locks.h - rules about locks as wholes: AW001, AW002, AW003, AW005.
 */
#ifndef ANALYZERS_LINT_LOCKS_H
#define ANALYZERS_LINT_LOCKS_H

#include <stdbool.h>
#include <stdint.h>

struct lint_model;
struct model;

void lint_locks(struct lint_model *m);

/** Is a lock proven needless? */
bool lint_lock_needless(const struct model *model, uint32_t lock);

#endif
