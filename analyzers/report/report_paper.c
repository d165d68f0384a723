/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report_paper.c - see report_paper.h.
 */
#include "report_paper.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"

const char *paper_colour(const struct paper *paper, const char *colour)
{
	return paper->colour ? colour : "";
}

const char *paper_number(char *out, uint64_t number)
{
	char digits[PAPER_NUMBER];
	int length = snprintf(digits, sizeof(digits), "%lu", number);
	char *at = out;

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			*at++ = ',';
		*at++ = digits[i];
	}
	*at = '\0';
	return out;
}

const char *paper_time(char *out, uint64_t ns)
{
	static const struct {
		uint64_t unit;
		const char *name;
	} units[] = {{1000000000, "s"}, {1000000, "ms"}, {1000, "us"}};

	for (unsigned i = 0; i < 3; i++)
		if (ns >= units[i].unit) {
			double value = (double)ns / (double)units[i].unit;

			snprintf(out, PAPER_NUMBER, value < 99.5 ? "%.1f %s" : "%.0f %s", value,
			         units[i].name);
			return out;
		}
	snprintf(out, PAPER_NUMBER, "%lu ns", ns);
	return out;
}

/* Bytes of the first `columns` characters of valid UTF-8. */
static size_t bytes_of(const char *text, size_t columns)
{
	size_t at = 0;

	while (text[at] && columns) {
		at++;
		while ((text[at] & 0xc0) == 0x80)
			at++;
		columns--;
	}
	return at;
}

static size_t columns_of(const char *text, size_t bytes)
{
	size_t columns = 0;

	for (size_t i = 0; i < bytes; i++)
		columns += (text[i] & 0xc0) != 0x80;
	return columns;
}

void paper_cut(char *out, size_t size, const char *name, unsigned columns)
{
	size_t bytes;

	escape_string(out, size, name ? name : "?");
	bytes = bytes_of(out, columns);
	if (!out[bytes])
		return;
	bytes = bytes_of(out, columns - 3);
	if (bytes + 4 <= size)
		memcpy(out + bytes, "...", 4);
}

void paper_wrap(struct paper *paper, unsigned first, unsigned indent, const char *text)
{
	size_t room = ESCAPE_ROOM(strlen(text));
	char *escaped = malloc(room), *word;
	size_t column = first, length, width;

	if (!escaped)
		return;
	escape_string(escaped, room, text);
	for (word = escaped; *word; word += length + (word[length] == ' ')) {
		length = strcspn(word, " ");
		width = columns_of(word, length);
		if (word != escaped && column + 1 + width > paper->width) {
			fprintf(paper->out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (word != escaped) {
			fputc(' ', paper->out);
			column++;
		}
		fprintf(paper->out, "%.*s", (int)length, word);
		column += width;
	}
	fputc('\n', paper->out);
	free(escaped);
}

void paper_field(struct paper *paper, unsigned indent, const char *label, const char *text)
{
	unsigned column = indent + 8;

	fprintf(paper->out, "%*s%-8s", (int)indent, "", label);
	paper_wrap(paper, column, column, text);
}

void paper_place(struct paper *paper, const struct report_place *place)
{
	char function[ESCAPE_ROOM(40)], file[ESCAPE_ROOM(40)], label[ESCAPE_ROOM(32)];
	const char *base = place->file ? strrchr(place->file, '/') : NULL;

	if (!place->function && !place->file) {
		if (place->site)
			fprintf(paper->out, "0x%lx", place->site);
		else
			fprintf(paper->out, "a place that is not known");
		return;
	}
	if (place->function) {
		paper_cut(function, sizeof(function), place->function, 40);
		fprintf(paper->out, "%s", function);
	}
	if (place->file) {
		paper_cut(file, sizeof(file), base ? base + 1 : place->file, 40);
		fprintf(paper->out, place->function ? " (%s:%u)" : "%s:%u", file, place->line);
	}
	if (place->inner) {
		paper_cut(function, sizeof(function), place->inner, 40);
		fprintf(paper->out, ", in %s", function);
	}
	if (place->label) {
		paper_cut(label, sizeof(label), place->label, 32);
		fprintf(paper->out, "  %s", label);
	}
}
