/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_level.h - the levels of --detail: their words, and what each sees of a process.
 */
#ifndef CPYTHON_LEVEL_H
#define CPYTHON_LEVEL_H

#include "cpython_find.h"
#include "cpython_session.h"

/** What a level sees of a process whose places were found (enum aw_can bits). A place that was
 * not found, and a JIT whose code passes the places by, take bits away. */
uint64_t cpython_level_sees(enum cpython_detail detail, const struct cpython_found *found);

#endif
