/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_position.c - line and column of an instruction, from co_linetable.
 *
 * Objects/locations.md (3.13: InternalDocs/code_objects.md), the same from 3.11 to 3.15;
 * 3.10: Objects/lnotab_notes.txt.
 */
#include "cpython_code.h"

static uint32_t varint(const uint8_t **at, const uint8_t *end)
{
	uint32_t value = 0;
	unsigned shift = 0;

	while (*at < end) {
		uint8_t byte = *(*at)++;

		if (shift < 30)
			value |= (uint32_t)(byte & 63) << shift;
		shift += 6;
		if (!(byte & 64))
			break;
	}
	return value;
}

static int32_t svarint(const uint8_t **at, const uint8_t *end)
{
	uint32_t value = varint(at, end);

	return value & 1 ? -(int32_t)(value >> 1) : (int32_t)(value >> 1);
}

/* One entry: moves `line` and gives the first column, -1: none. */
static int entry_read(unsigned form, const uint8_t **at, const uint8_t *end, int64_t *line)
{
	int column = -1;

	if (form == 14) { /* long: all four numbers */
		*line += svarint(at, end);
		varint(at, end);
		column = (int)varint(at, end) - 1;
		varint(at, end);
	} else if (form == 13) { /* no columns */
		*line += svarint(at, end);
	} else if (form >= 10 && form <= 12) { /* one line, two column bytes */
		*line += form - 10;
		if (*at < end)
			column = **at;
		*at += 2;
	} else if (form < 10) { /* short: one column byte */
		if (*at < end)
			column = (int)(form << 3 | (**at >> 4 & 7));
		(*at)++;
	}
	return column;
}

/* Pairs: bytes of instructions, and by how much the line differs from that before; -128: none. */
static uint32_t line_of_old(const struct cpython_code *code, int32_t offset)
{
	int32_t start = 0;
	int64_t line = code->first_line;

	for (size_t i = 0; i + 2 <= code->lines_size; i += 2) {
		int8_t delta = (int8_t)code->lines[i + 1];

		if (delta != -128)
			line += delta;
		if (offset >= start && offset < start + code->lines[i])
			return delta == -128 || line < 0 ? 0 : (uint32_t)line;
		start += code->lines[i];
	}
	return 0;
}

uint32_t cpython_code_position(const struct cpython_code *code, int32_t offset, int *column)
{
	const uint8_t *at = code->lines, *end = at + code->lines_size;
	int32_t start = 0;
	int64_t line = code->first_line;

	*column = -1;
	if (code->old)
		return line_of_old(code, offset);
	while (at < end) {
		uint8_t head = *at++;
		int32_t length = ((head & 7) + 1) * 2;
		unsigned form = head >> 3 & 15;
		int first = entry_read(form, &at, end, &line);

		if (offset >= start && offset < start + length) {
			*column = first;
			return form == 15 || line < 0 ? 0 : (uint32_t)line;
		}
		start += length;
	}
	return 0;
}
