/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * escape.h - text from a target, made safe for a terminal and for JSON.
 *
 * The result is valid UTF-8 without control characters (C0, DEL, C1), line and
 * paragraph separators and the marks that turn the direction of text; each
 * such byte or character becomes \n, \t, \r, \xNN. So it can neither move a
 * terminal's cursor nor break a line, and a JSON library takes it as it is.
 */
#ifndef TRACER_ESCAPE_H
#define TRACER_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

/** Room that `length` bytes may need when escaped, with the NUL. */
#define ESCAPE_ROOM(length) (4 * (length) + 1)

/**
 * Escapes `length` bytes of `text` into `out` (size bytes, at least 1; NUL-terminated always).
 * What does not fit is left off, never half of a character. `quoted`: also " and \, so that
 * escape_decode gives the bytes back. Returns the length of the result.
 */
size_t escape_text(char *out, size_t size, const char *text, size_t length, bool quoted);

/** The same for a string into a buffer, giving the buffer, for use in a call of printf. NULL: "".
 */
const char *escape_string(char *out, size_t size, const char *text);

/** Undoes escape_text(quoted) of `length` bytes of `text` into `out` (may be the same; not
 * terminated). Returns the number of bytes, or -1 for an escape that is none, or more than `size`
 * bytes. */
long escape_decode(char *out, size_t size, const char *text, size_t length);

#endif
