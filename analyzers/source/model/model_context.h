/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model_context.h - who runs a function, and whether several tasks use an object.
 */
#ifndef ANALYZERS_MODEL_CONTEXT_H
#define ANALYZERS_MODEL_CONTEXT_H

#include "source/program/program_parts.h"

struct py_context {
	struct py_program *p;
	struct py_map released; /* (class, attribute) -> what is done with its value in the class:
	                         * 1: it is closed, 2: entries are added or removed */
};
void py_context_link(struct py_program *p, struct py_context *out);
void py_context_fini(struct py_context *context);
bool py_context_mutated(const struct py_context *c, uint32_t class, uint32_t attribute);
bool py_context_releasable(const struct py_context *c, uint32_t class, uint32_t attribute);

#endif
