/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_ref.h - resolving, between program_ref.c, program_attribute.c and python_annotation.c.
 */
#ifndef ANALYZERS_PROGRAM_REF_H
#define ANALYZERS_PROGRAM_REF_H

#include "program_parts.h"

#define PROGRAM_REF_DEPTH   24 /* of resolving, each of the program's texts leading to the next */
#define PROGRAM_REF_UNKNOWN ((struct program_ref){REF_UNKNOWN, 0, 0})

/** Of two values that something may have: the one, if they agree. `first`: nothing was merged yet.
 */
struct program_ref program_ref_merge(struct program_ref a, struct program_ref b, bool first);

/** What a binding gives, looked up in `scope`; all of a name must agree. */
struct program_ref program_resolve_binding(struct program *p, uint32_t id, uint32_t scope);
struct program_ref program_resolve_bindings(struct program *p, uint32_t head, uint32_t scope);
struct program_ref program_resolve_star(struct program *p, uint32_t file, uint32_t name);

/** An object of a class; `node`: the call that makes it, or 0. */
struct program_ref program_instance_of(struct program *p, struct program_ref class, uint32_t node);

/** What a function returns, by its annotation. */
struct program_ref program_returned(struct program *p, uint32_t func);

bool program_text_ends(const char *text, const char *end);

#endif
