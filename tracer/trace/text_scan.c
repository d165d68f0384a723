/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text_scan.c - words, numbers, times and quoted texts of the text form.
 */
#include <ctype.h>
#include <string.h>

#include "base/escape.h"
#include "text_scan.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Length of the word at `at`; 0 if a quote in it is not closed. */
static size_t word_length(const char *at, const char *end)
{
	const char *start = at;
	bool quoted = false;

	for (; at < end && (quoted || !is_blank(*at)); at++) {
		if (*at == '"')
			quoted = !quoted;
		else if (quoted && *at == '\\' && at + 1 < end)
			at++;
	}
	return quoted ? 0 : (size_t)(at - start);
}

int text_scan_line(const char *line, size_t length, struct text_word words[TEXT_SCAN_WORDS])
{
	const char *at = line, *end = line + length;
	int count = 0;

	for (;;) {
		while (at < end && is_blank(*at))
			at++;
		if (at == end || (*at == '#' && (count == 0 || at + 1 == end || !is_digit(at[1]))))
			return count;
		if (count == TEXT_SCAN_WORDS)
			return -2;
		words[count].at = at;
		words[count].length = word_length(at, end);
		if (words[count].length == 0)
			return -1;
		at += words[count++].length;
	}
}

long text_scan_find(struct text_word word, char wanted)
{
	bool quoted = false;

	for (size_t i = 0; i < word.length; i++) {
		if (!quoted && word.at[i] == wanted)
			return (long)i;
		if (word.at[i] == '"')
			quoted = !quoted;
		else if (quoted && word.at[i] == '\\')
			i++;
	}
	return -1;
}

bool text_scan_key(struct text_word word, struct text_word *key, struct text_word *value)
{
	size_t length = 0;

	while (length < word.length &&
	       ((word.at[length] >= 'a' && word.at[length] <= 'z') || word.at[length] == '-'))
		length++;
	if (length == 0 || length == word.length || word.at[length] != '=')
		return false;
	*key = (struct text_word){word.at, length};
	*value = (struct text_word){word.at + length + 1, word.length - length - 1};
	return true;
}

bool text_scan_same(struct text_word word, const char *text)
{
	return strlen(text) == word.length && !memcmp(word.at, text, word.length);
}

bool text_scan_is_number(struct text_word word)
{
	return word.length > 0 && is_digit(word.at[0]);
}

static int digit_value(char c, unsigned base)
{
	int value = is_digit(c) ? c - '0' : isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10 : 99;

	return value < (int)base ? value : -1;
}

bool text_scan_number(struct text_word word, uint64_t *out)
{
	unsigned base = word.length > 2 && word.at[0] == '0' && word.at[1] == 'x' ? 16 : 10;
	uint64_t number = 0;

	if (!text_scan_is_number(word))
		return false;
	for (size_t i = base == 16 ? 2 : 0; i < word.length; i++) {
		int digit = digit_value(word.at[i], base);

		if (digit < 0 || __builtin_mul_overflow(number, base, &number) ||
		    __builtin_add_overflow(number, (unsigned)digit, &number))
			return false;
	}
	*out = number;
	return true;
}

/* The number of ns in the unit at the end of `word`, which is taken off; 0: no such unit. */
static uint64_t take_unit(struct text_word *word)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} units[] = {{"", 1}, {"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}};
	size_t digits = 0;

	while (digits < word->length && (is_digit(word->at[digits]) || word->at[digits] == '.'))
		digits++;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (text_scan_same((struct text_word){word->at + digits, word->length - digits},
		                   units[i].text)) {
			word->length = digits;
			return units[i].ns;
		}
	return 0;
}

bool text_scan_time(struct text_word word, uint64_t base, uint64_t *out)
{
	bool relative = word.length > 0 && word.at[0] == '+';
	uint64_t whole, unit, scale, fraction = 0;
	size_t point;

	if (word.length == 0) /* then it may have no address */
		return false;
	if (relative)
		word = (struct text_word){word.at + 1, word.length - 1};
	unit = take_unit(&word);
	scale = unit;
	for (point = 0; point < word.length && word.at[point] != '.'; point++)
		;
	for (size_t i = point + 1; i < word.length; i++) {
		if (!is_digit(word.at[i]) || scale < 10)
			return false;
		scale /= 10;
		fraction += scale * (uint64_t)(word.at[i] - '0');
	}
	if (unit == 0 || !text_scan_number((struct text_word){word.at, point}, &whole) ||
	    __builtin_mul_overflow(whole, unit, &whole) ||
	    __builtin_add_overflow(whole, fraction, &whole) ||
	    __builtin_add_overflow(whole, relative ? base : 0, &whole))
		return false;
	*out = whole;
	return true;
}

static bool has_bare_quote(struct text_word word)
{
	for (size_t i = 0; i < word.length; i++) {
		if (word.at[i] == '"')
			return true;
		if (word.at[i] == '\\')
			i++;
	}
	return false;
}

long text_scan_text(struct text_word word, char *out, size_t size)
{
	if (word.length == 0)
		return 0;
	if (word.at[0] == '"') {
		if (word.length < 2 || word.at[word.length - 1] != '"')
			return -1;
		word = (struct text_word){word.at + 1, word.length - 2};
		if (has_bare_quote(word))
			return -1;
		return escape_decode(out, size, word.at, word.length);
	}
	if (word.length > size || memchr(word.at, '"', word.length))
		return -1;
	memcpy(out, word.at, word.length);
	return (long)word.length;
}
