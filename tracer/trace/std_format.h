/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * std_format.h - RAPID's STD format (`T1|acq(L)|12`), in and out (docs/trace-text.md).
 */
#ifndef TRACER_STD_FORMAT_H
#define TRACER_STD_FORMAT_H

#include <stddef.h>
#include <stdio.h>

#include "base/fault.h"
#include "event/stream.h"

/** Reads a whole STD text; as text_read. Threads become tasks of one stream; a task suspends where
 * another thread's line follows. */
int std_read(const char *text, size_t size, stream_fn fn, void *context, struct fault *fault);

struct std_writer;

/** Makes a writer to `out`, which stays the caller's. 0 or -ENOMEM. */
int std_writer_new(FILE *out, struct std_writer **writer);
/** Takes a batch (a stream_fn), in merged order. 0 or a negative errno of writing. */
int std_write(void *writer, const struct stream_batch *batch);
/** How many events had no counterpart and were left out, definitions not counted. */
unsigned long long std_writer_skipped(const struct std_writer *writer);
/** Flushes and frees. 0 or a negative errno of writing. Takes NULL. */
int std_writer_free(struct std_writer *writer);

#endif
