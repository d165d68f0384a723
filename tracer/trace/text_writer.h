/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text_writer.h - events as text, one a line, in the form that text_reader reads.
 *
 * Exact: ids stand beside the names (`w1#5`), and reading the output again
 * gives the same events; only the time and task of TEXT records, which have no
 * meaning, become their definition's. What a target named is escaped.
 */
#ifndef TRACER_TEXT_WRITER_H
#define TRACER_TEXT_WRITER_H

#include <stdio.h>

#include "event/stream.h"

struct text_writer;

/** Makes a writer to `out`, which stays the caller's. 0 or -ENOMEM. */
int text_writer_new(FILE *out, struct text_writer **writer);

/** Takes a batch (a stream_fn). 0, or a negative errno of writing. A definition is written when its
 * last TEXT record has come, which may be in a later call. */
int text_write(void *writer, const struct stream_batch *batch);

/** Writes what is still held, flushes, frees. 0 or a negative errno of writing. Takes NULL. */
int text_writer_free(struct text_writer *writer);

#endif
