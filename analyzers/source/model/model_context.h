/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model_context.h - who runs a function, and whether several tasks use an object.
 */
#ifndef ANALYZERS_MODEL_CONTEXT_H
#define ANALYZERS_MODEL_CONTEXT_H

#include "model.h"

struct model_context {
	struct model *model;
	struct program *p;           /* the model\'s */
	struct program_map released; /* (class, attribute) -> what is done with its value in the
	                              * class: 1: it is closed, 2: entries are added or removed */
};
void model_context_link(struct model *model, struct model_context *out);
void model_context_fini(struct model_context *context);
bool model_context_mutated(const struct model_context *c, uint32_t class, uint32_t attribute);
bool model_context_releasable(const struct model_context *c, uint32_t class, uint32_t attribute);

#endif
