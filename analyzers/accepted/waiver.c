/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * waiver.c - see waiver.h.
 */
#include "waiver.h"

#include <string.h>
#include <strings.h>

static bool is_one_of(const char *word, size_t length, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (length == strlen(names[i]) && !strncasecmp(word, names[i], length))
			return true;
	return false;
}

bool waiver_names(const char *text, const char *const *names, size_t count)
{
	const char *end;

	if (strncmp(text, "ignore", 6) != 0)
		return false;
	if (text[6] != '[')
		return text[6] == '\0' || text[6] == ' ';
	end = strchr(text, ']');
	for (const char *at = text + 7; end && at < end;) {
		size_t n = strcspn(at, ",] \t");

		if (is_one_of(at, n, names, count))
			return true;
		at += n + strspn(at + n, ", \t");
		if (!n && at < end && *at == ']')
			break;
	}
	return false;
}

bool waiver_is_intent(const char *text)
{
	return !strncmp(text, "atomic-by-intent", 16);
}
