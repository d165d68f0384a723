/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * doctor_python.h - what doctor says of a Python process.
 */
#ifndef CLI_DOCTOR_PYTHON_H
#define CLI_DOCTOR_PYTHON_H

#include <jansson.h>
#include <stdio.h>

#include "target/target.h"

/** Prints what an attach would see of a CPython target at each level, and what a hit costs. */
void doctor_python_print(FILE *out, const struct target *target);

/** The same as an object; the caller owns it. NULL: out of memory. */
json_t *doctor_python_json(const struct target *target);

#endif
