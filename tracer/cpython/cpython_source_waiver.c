/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_source_waiver.c - comments by which the source says that a finding is known there. Which
 * finding one waives is not judged here.
 */
#include <stdio.h>
#include <string.h>

#include "cpython_source.h"

static const char word[] = "awaitness:";

/* The comment of a line, behind its `#`; NULL: it has none. */
static const char *comment_of(const char *line)
{
	char quote = 0;

	for (; *line; line++) {
		if (*line == '\\' && line[1])
			line++;
		else if (quote)
			quote = *line == quote ? 0 : quote;
		else if (*line == '"' || *line == '\'')
			quote = *line;
		else if (*line == '#')
			return line + 1;
	}
	return NULL;
}

/* Adds what the comment of a line waives. Returns the length of the text then. */
static size_t waiver_add(const char *line, char *out, size_t size, size_t length)
{
	const char *comment = line && strstr(line, word) ? comment_of(line) : NULL;
	const char *at = comment ? strstr(comment, word) : NULL;
	int n;

	if (!at)
		return length;
	at += sizeof(word) - 1;
	at += strspn(at, " \t");
	n = snprintf(out + length, size - length, "%s%.*s", length ? "\n" : "",
	             (int)strcspn(at, "\r"), at);
	length += n > 0 ? (size_t)n : 0;
	return length < size ? length : size - 1;
}

bool cpython_source_waiver(struct cpython_source *source, const char *file, uint32_t line,
                           char *out, size_t size)
{
	size_t length = 0;

	if (line > 1)
		length = waiver_add(cpython_source_line(source, file, line - 1), out, size, length);
	length = waiver_add(cpython_source_line(source, file, line), out, size, length);
	return length;
}
