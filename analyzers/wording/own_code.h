/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * own_code.h - which frame of an await chain a person wants to read of: the innermost of their own.
 */
#ifndef ANALYZERS_OWN_CODE_H
#define ANALYZERS_OWN_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "event/names.h"

/**
 * From a site, outwards along its await chain: the innermost frame in a file
 * that is the program's own; none: the innermost of an installed package;
 * none: the site itself. By the folders Python installs to: a C program's
 * files are all its own.
 */
uint64_t own_code_site(const struct names *names, uint32_t pid, uint64_t site);

/** Is the site itself in the program's own code? */
bool own_code_is(const struct names *names, uint32_t pid, uint64_t site);

#endif
