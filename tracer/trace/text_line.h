/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text_line.h - one event as one line of the text form.
 */
#ifndef TRACER_TEXT_LINE_H
#define TRACER_TEXT_LINE_H

#include <stdio.h>

#include "event/names.h"

/** Writes `event` of process `pid` to `out`, without a newline, with what `names` knows of its ids.
 * A kind that has no row becomes a comment. */
void text_line(FILE *out, const struct names *names, uint32_t pid, const struct aw_event *event);

#endif
