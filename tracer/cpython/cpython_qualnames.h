/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_qualnames.h - qualified names of code objects that do not know theirs (3.10).
 *
 * Their functions do, and are found in the module that was made from the code's
 * file. What no variable of it leads to has no qualified name here.
 */
#ifndef CPYTHON_QUALNAMES_H
#define CPYTHON_QUALNAMES_H

#include <stdint.h>

#include "cpython_memory.h"

struct cpython_qualnames;

/** `interpreter`, `function`: as in struct cpython_target. 0 or -ENOMEM. */
int cpython_qualnames_new(const struct cpython_memory *memory, uint64_t interpreter,
                          uint64_t function, struct cpython_qualnames **out);
void cpython_qualnames_free(struct cpython_qualnames *names); /* takes NULL */

/** The str object that is the qualified name of a code object from `file`, 0: not known. `now` (ns)
 * keeps it from looking again and again. */
uint64_t cpython_qualnames_find(struct cpython_qualnames *names, uint64_t code, const char *file,
                                uint64_t now);

#endif
