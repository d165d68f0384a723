/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_fact_image.c - see cpython_fact_image.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cpython_fact_image.h"

enum { LINE = 64 };

struct line {
	uint64_t known; /* a bit a byte */
	uint8_t bytes[LINE];
};

/* A part of a range that lies in one line. */
struct piece {
	uint64_t line;
	size_t from, size; /* in the line */
	size_t at;         /* in the range */
};

static bool piece_next(uint64_t address, size_t size, struct piece *piece)
{
	piece->at += piece->size;
	if (piece->at >= size)
		return false;
	address += piece->at;
	piece->line = address / LINE;
	piece->from = address % LINE;
	piece->size = LINE - piece->from;
	if (piece->size > size - piece->at)
		piece->size = size - piece->at;
	return true;
}

static uint64_t piece_bits(const struct piece *piece)
{
	return (piece->size == LINE ? UINT64_MAX : (1ull << piece->size) - 1) << piece->from;
}

static bool is_range(uint64_t address, size_t size)
{
	return size <= UINT64_MAX - address;
}

bool cpython_fact_image_get(const struct cpython_fact_image *image, uint64_t address, void *out,
                            size_t size)
{
	struct piece piece = {0};

	if (!is_range(address, size))
		return false;
	while (piece_next(address, size, &piece)) {
		const struct line *line = cpython_table_get(&image->lines, piece.line, 0);

		if (!line || ~line->known & piece_bits(&piece))
			return false;
		memcpy((char *)out + piece.at, line->bytes + piece.from, piece.size);
	}
	return true;
}

static struct line *line_make(struct cpython_fact_image *image, uint64_t number)
{
	struct line *line = cpython_table_get(&image->lines, number, 0);

	if (line)
		return line;
	line = calloc(1, sizeof(*line));
	if (line && cpython_table_put(&image->lines, number, 0, line)) {
		free(line);
		return NULL;
	}
	return line;
}

int cpython_fact_image_put(struct cpython_fact_image *image, uint64_t address, const void *bytes,
                           size_t size)
{
	struct piece piece = {0};

	if (!is_range(address, size))
		return -EFAULT;
	while (piece_next(address, size, &piece)) {
		struct line *line = line_make(image, piece.line);

		if (!line)
			return -ENOMEM;
		memcpy(line->bytes + piece.from, (const char *)bytes + piece.at, piece.size);
		line->known |= piece_bits(&piece);
	}
	return 0;
}

void cpython_fact_image_forget(struct cpython_fact_image *image, uint64_t address, size_t size)
{
	struct piece piece = {0};

	while (is_range(address, size) && piece_next(address, size, &piece)) {
		struct line *line = cpython_table_get(&image->lines, piece.line, 0);

		if (line)
			line->known &= ~piece_bits(&piece);
	}
}

void cpython_fact_image_fini(struct cpython_fact_image *image)
{
	cpython_table_fini(&image->lines, free);
}
