/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_describe.h - a Python process as a TARGET record.
 */
#ifndef CPYTHON_DESCRIBE_H
#define CPYTHON_DESCRIBE_H

#include "cpython_find.h"
#include "cpython_translate.h"

/** Delivers TARGET, as the first records of stream (pid, 0), and has the translator number that
 * stream's next records after them. `can`: enum aw_can bits. 0, -ENOMEM or what `fn` returned. */
int cpython_describe(const struct target *target, const struct cpython_found *found,
                     const char *detail, const char *transport, uint64_t can,
                     struct cpython_translator *translator, stream_fn fn, void *context);

#endif
