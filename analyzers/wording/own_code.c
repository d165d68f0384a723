/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * own_code.c - see own_code.h.
 */
#include "own_code.h"

#include <ctype.h>
#include <string.h>

enum whose { OWN, PACKAGE, LIBRARY };

enum { FRAMES = 64 }; /* a chain that is longer, or a ring, is followed no further */

/* .../lib/python3.11/asyncio/tasks.py: the standard library, with or without a version. */
static bool in_library(const char *file)
{
	const char *at = strstr(file, "/lib/python");

	if (!at)
		return false;
	at += strlen("/lib/python");
	while (isdigit((unsigned char)*at) || *at == '.')
		at++;
	return *at == '/';
}

static enum whose whose_is(const char *file)
{
	if (strstr(file, "/site-packages/") || strstr(file, "/dist-packages/"))
		return PACKAGE;
	return file[0] == '<' || in_library(file) ? LIBRARY : OWN;
}

uint64_t own_code_site(const struct names *names, uint32_t pid, uint64_t site)
{
	enum whose best = LIBRARY;
	uint64_t found = site, at = site;

	for (unsigned i = 0; i < FRAMES && at; i++) {
		const struct names_site *known = names_site(names, pid, at);
		enum whose whose = known && known->file ? whose_is(known->file) : OWN;

		if (whose < best) {
			best = whose;
			found = at;
		}
		if (whose == OWN)
			break;
		at = known->parent;
	}
	return found;
}

bool own_code_is(const struct names *names, uint32_t pid, uint64_t site)
{
	const struct names_site *known = names_site(names, pid, site);

	return !known || !known->file || whose_is(known->file) == OWN;
}
