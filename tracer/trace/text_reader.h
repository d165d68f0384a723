/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text_reader.h - events from their text form, one a line (docs/trace-text.md).
 *
 *	10 w1 lock-taken L @pool_get:pool.c:30
 *	+2 w1 read pool.size @pool_get:pool.c:31
 *	+2 w1 suspend sleep @pool_get:pool.c:32
 *
 * Names that were not defined are defined at their first use, and a text
 * without a `target` line is of a C runtime that sees everything, so that a
 * test case reads like a proof.
 */
#ifndef TRACER_TEXT_READER_H
#define TRACER_TEXT_READER_H

#include <stddef.h>

#include "base/fault.h"
#include "event/stream.h"

/**
 * Reads a whole text and calls `fn` with batches, in the order of the lines.
 * `text` need not be NUL-terminated. 0; -EINVAL with line and message in
 * `fault` for the first bad line (what came before it was delivered); -ENOMEM; or what `fn`
 * returned.
 */
int text_read(const char *text, size_t size, stream_fn fn, void *context, struct fault *fault);

#endif
