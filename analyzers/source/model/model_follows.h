/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model_follows.h - does a write come next after an await, whatever way the function takes?
 */
#ifndef ANALYZERS_MODEL_FOLLOWS_H
#define ANALYZERS_MODEL_FOLLOWS_H

#include <stdbool.h>
#include <stdint.h>

struct model;

/** Does every way from the end of an await, but for exceptions, pass a statement that writes before
 * it suspends or leaves? False where that is not simple to see. */
bool model_write_follows(const struct model *model, uint32_t file, uint32_t site, uint32_t write);
/** The same of the end of a block: nothing else suspends or leaves on the way there. */
bool model_end_follows(const struct model *model, uint32_t file, uint32_t site, uint32_t block);

#endif
