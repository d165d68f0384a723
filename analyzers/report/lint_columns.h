/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_columns.h - a place in a line is known in bytes; formats and terminals count otherwise.
 */
#ifndef REPORT_LINT_COLUMNS_H
#define REPORT_LINT_COLUMNS_H

#include <stddef.h>
#include <stdint.h>

/** The character at `text` (UTF-8, ends with a NUL): its bytes. What is no UTF-8 is one byte, and
 * U+FFFD. */
size_t lint_character(const char *text, uint32_t *code);

/** The first `bytes` bytes of a line, in characters. */
uint32_t lint_characters(const char *line, size_t bytes);

/** The same in code units of UTF-16, as SARIF counts. */
uint32_t lint_utf16(const char *line, size_t bytes);

/** The same in columns of a terminal. */
uint32_t lint_columns(const char *line, size_t bytes);

/** How many columns one character takes: 0, 1 or 2. */
unsigned int lint_width(uint32_t code);

#endif
