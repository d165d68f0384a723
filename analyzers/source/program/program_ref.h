/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_ref.h - resolving, between program_ref.c, program_attribute.c and python_annotation.c.
 */
#ifndef ANALYZERS_PROGRAM_REF_H
#define ANALYZERS_PROGRAM_REF_H

#include "program_parts.h"

#define PY_REF_DEPTH   24 /* of resolving, each of the program's texts leading to the next */
#define PY_REF_UNKNOWN ((struct py_ref){REF_UNKNOWN, 0, 0})

/** Of two values that something may have: the one, if they agree. `first`: nothing was merged yet.
 */
struct py_ref py_ref_merge(struct py_ref a, struct py_ref b, bool first);

/** What a binding gives, looked up in `scope`; all of a name must agree. */
struct py_ref py_resolve_binding(struct py_program *p, uint32_t id, uint32_t scope);
struct py_ref py_resolve_bindings(struct py_program *p, uint32_t head, uint32_t scope);
struct py_ref py_resolve_star(struct py_program *p, uint32_t file, uint32_t name);

/** An object of a class; `node`: the call that makes it, or 0. */
struct py_ref py_instance_of(struct py_program *p, struct py_ref class, uint32_t node);

/** What a function returns, by its annotation. */
struct py_ref py_returned(struct py_program *p, uint32_t func);

bool py_text_ends(const char *text, const char *end);

#endif
