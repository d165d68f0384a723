/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * escape.c - untrusted text to printable UTF-8, and back.
 */
#include <stdint.h>
#include <string.h>

#include "escape.h"

/* Decodes one UTF-8 character (RFC 3629: shortest form, no surrogates).
 * Returns its length, or 0 if the bytes are none. */
static size_t utf8_decode(const unsigned char *at, size_t left, uint32_t *point)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = at[0] < 0x80   ? 1
	                : at[0] < 0xc2 ? 0
	                : at[0] < 0xe0 ? 2
	                : at[0] < 0xf0 ? 3
	                               : 4;

	if (length == 0 || length > left || at[0] > 0xf4)
		return 0;
	*point = length == 1 ? at[0] : at[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		*point = *point << 6 | (at[i] & 0x3f);
	}
	if (*point < least[length] || *point > 0x10ffff || (*point >= 0xd800 && *point < 0xe000))
		return 0;
	return length;
}

/* Characters that move the cursor, end a line or turn the direction of what follows. */
static bool is_unsafe(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x61c ||
	       (point >= 0x200b && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
	       (point >= 0x2060 && point <= 0x206f) || point == 0xfeff ||
	       (point >= 0xfff9 && point <= 0xfffb);
}

static size_t escape_byte(char *out, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";
	const char *brief = byte == '\n'   ? "\\n"
	                    : byte == '\t' ? "\\t"
	                    : byte == '\r' ? "\\r"
	                    : byte == '"'  ? "\\\""
	                    : byte == '\\' ? "\\\\"
	                                   : NULL;

	if (brief) {
		memcpy(out, brief, 2);
		return 2;
	}
	out[0] = '\\';
	out[1] = 'x';
	out[2] = digits[byte >> 4];
	out[3] = digits[byte & 15];
	return 4;
}

size_t escape_text(char *out, size_t size, const char *text, size_t length, bool quoted)
{
	const unsigned char *at = (const unsigned char *)text;
	const unsigned char *end = length ? at + length : at;
	size_t used = 0;

	while (at < end) {
		char piece[16];
		size_t bytes = 0, taken;
		uint32_t point = 0;

		taken = utf8_decode(at, (size_t)(end - at), &point);
		if (taken && !is_unsafe(point) && !(quoted && (point == '"' || point == '\\'))) {
			memcpy(piece, at, taken);
			bytes = taken;
		} else {
			taken = taken ? taken : 1;
			for (size_t i = 0; i < taken; i++)
				bytes += escape_byte(piece + bytes, at[i]);
		}
		if (used + bytes >= size)
			break;
		memcpy(out + used, piece, bytes);
		used += bytes;
		at += taken;
	}
	out[used] = '\0';
	return used;
}

const char *escape_string(char *out, size_t size, const char *text)
{
	escape_text(out, size, text ? text : "", text ? strlen(text) : 0, false);
	return out;
}

static int hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit |= 0x20;
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Decodes the escape after a backslash. Returns how many characters it had, 0: none. */
static size_t decode_one(char *out, const char *at, size_t left)
{
	static const char from[] = "ntr\"\\", to[] = "\n\t\r\"\\";
	const char *found = left ? memchr(from, at[0], sizeof(from) - 1) : NULL;

	if (found) {
		*out = to[found - from];
		return 1;
	}
	if (left < 3 || at[0] != 'x' || hex_digit(at[1]) < 0 || hex_digit(at[2]) < 0)
		return 0;
	*out = (char)(hex_digit(at[1]) << 4 | hex_digit(at[2]));
	return 3;
}

long escape_decode(char *out, size_t size, const char *text, size_t length)
{
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		size_t taken = 0;
		char byte = text[i];

		if (byte == '\\') {
			taken = decode_one(&byte, text + i + 1, length - i - 1);
			if (!taken)
				return -1;
		}
		if (used == size)
			return -1;
		out[used++] = byte;
		i += taken;
	}
	return (long)used;
}
