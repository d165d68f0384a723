/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text_scan.h - one line of the text form into words.
 *
 * Words are parted by blanks; a part in quotes ("...", with escape.h's escapes)
 * may hold blanks. A word that starts with # ends the line, it is a comment,
 * unless a digit follows (#12 is an id).
 */
#ifndef TRACER_TEXT_SCAN_H
#define TRACER_TEXT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_SCAN_WORDS 32

/** A word as it stands in the line; not NUL-terminated. */
struct text_word {
	const char *at;
	size_t length;
};

/** Splits a line. Returns the number of words, or -1 for an open quote, -2 for too many words. */
int text_scan_line(const char *line, size_t length, struct text_word words[TEXT_SCAN_WORDS]);

/** Offset of the first `wanted` outside quotes, or -1. */
long text_scan_find(struct text_word word, char wanted);

/** Splits key=value, the key being small letters and -. False if the word is none. */
bool text_scan_key(struct text_word word, struct text_word *key, struct text_word *value);

bool text_scan_same(struct text_word word, const char *text);

/** True if the word starts with a digit. */
bool text_scan_is_number(struct text_word word);

/** A decimal or 0x number, all of the word. */
bool text_scan_number(struct text_word word, uint64_t *out);

/** A time: ns, or with us, ms, s, and a fraction; with + it is added to `base`. */
bool text_scan_time(struct text_word word, uint64_t base, uint64_t *out);

/** The text a word stands for: quotes off, escapes undone. Returns its length, or -1 if it is
 * malformed or longer than `size`. */
long text_scan_text(struct text_word word, char *out, size_t size);

#endif
