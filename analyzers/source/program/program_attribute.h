/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_attribute.h - what an attribute of a module, a class or an object denotes.
 */
#ifndef ANALYZERS_PROGRAM_ATTRIBUTE_H
#define ANALYZERS_PROGRAM_ATTRIBUTE_H

#include "program_ref.h"

struct program_ref program_attribute_of(struct program *p, struct program_ref object,
                                        uint32_t name);
struct program_ref program_attribute_type(struct program *p, uint32_t class, uint32_t name);

#endif
