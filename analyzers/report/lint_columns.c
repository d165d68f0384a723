/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_columns.c - see lint_columns.h.
 */
#include "lint_columns.h"

size_t lint_character(const char *text, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *at = (const unsigned char *)text;
	size_t size = at[0] < 0x80             ? 1
	              : (at[0] & 0xe0) == 0xc0 ? 2
	              : (at[0] & 0xf0) == 0xe0 ? 3
	              : (at[0] & 0xf8) == 0xf0 ? 4
	                                       : 0;
	uint32_t c = size < 2 ? at[0] : at[0] & (0x7fu >> size);

	*code = 0xfffd;
	for (size_t i = 1; i < size; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 1;
		c = c << 6 | (at[i] & 0x3f);
	}
	if (!size || c < least[size] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 1;
	*code = c;
	return size;
}

/* Ranges that terminals show in two columns, and in none (Unicode's East Asian Width W and F, the
 * commonest combining characters). */
unsigned int lint_width(uint32_t code)
{
	static const struct {
		uint32_t from, to;
		unsigned int width;
	} ranges[] = {
		{0x0300, 0x036f, 0},   {0x1100, 0x115f, 2},   {0x200b, 0x200f, 0},
		{0x2e80, 0x303e, 2},   {0x3041, 0xa4cf, 2},   {0xac00, 0xd7a3, 2},
		{0xf900, 0xfaff, 2},   {0xfe00, 0xfe0f, 0},   {0xfe30, 0xfe6f, 2},
		{0xff00, 0xff60, 2},   {0xffe0, 0xffe6, 2},   {0x1f300, 0x1f64f, 2},
		{0x1f680, 0x1f6ff, 2}, {0x1f900, 0x1f9ff, 2}, {0x20000, 0x3fffd, 2},
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		if (code >= ranges[i].from && code <= ranges[i].to)
			return ranges[i].width;
	return 1;
}

static unsigned int one(uint32_t code)
{
	(void)code;
	return 1;
}

static unsigned int units(uint32_t code)
{
	return code >= 0x10000 ? 2 : 1;
}

static uint32_t sum(const char *line, size_t bytes, unsigned int (*measure)(uint32_t))
{
	uint32_t total = 0, code;

	for (size_t at = 0; at < bytes && line[at];) {
		at += lint_character(line + at, &code);
		total += measure(code);
	}
	return total;
}

uint32_t lint_characters(const char *line, size_t bytes)
{
	return sum(line, bytes, one);
}

uint32_t lint_utf16(const char *line, size_t bytes)
{
	return sum(line, bytes, units);
}

uint32_t lint_columns(const char *line, size_t bytes)
{
	return sum(line, bytes, lint_width);
}
