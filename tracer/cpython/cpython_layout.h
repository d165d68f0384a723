/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_layout.h - where things lie in each version of CPython: one row a version.
 */
#ifndef CPYTHON_LAYOUT_H
#define CPYTHON_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/cpython.h"

#define CPYTHON_VERSION(major, minor) ((major) << 8 | (minor))

/** The row for a version (CPYTHON_VERSION), or NULL if it is not known. */
const struct cpython_layout *cpython_layout_find(uint32_t version);

/** Can cells be watched in this version? Not where all attributes are in dictionaries (3.10). */
bool cpython_layout_cells(const struct cpython_layout *layout);

#endif
