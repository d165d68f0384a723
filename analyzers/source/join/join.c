/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * join.c - see join.h.
 */
#include <string.h>

#include "join.h"

/* How many trailing components two paths share; *all: those are all of one of them. */
static unsigned int components_shared(const char *a, const char *b, bool *all)
{
	size_t i = strlen(a), k = strlen(b);
	unsigned int shared = 0;

	while (i && k && a[i - 1] == b[k - 1]) {
		i--;
		k--;
		if (a[i] == '/')
			shared++;
	}
	*all = (!i && (!k || b[k - 1] == '/')) || (!k && i && a[i - 1] == '/');
	return shared + *all;
}

/* The program's file of a path in the trace; 0: none, or it is not clear which. */
uint32_t join_file(struct join *j, const char *path)
{
	uint32_t name = program_intern_text(j->p, path), memo = program_map_get(&j->files, name, 0);
	unsigned int best = 0;
	uint32_t found = 0;

	if (memo)
		return memo - 1;
	for (uint32_t i = 1; *path && i < j->p->files.count; i++) {
		const char *own = j->p->files.at[i].path;
		unsigned int shared;
		bool all;

		while (own[0] == '.' && own[1] == '/')
			own += 2;
		shared = components_shared(path, own, &all);
		if ((!all && shared < 2) || shared < best)
			continue;
		found = shared == best ? 0 : i;
		best = shared;
	}
	program_map_set(j->p, &j->files, name, 0, found + 1);
	return found;
}

bool join_same_function(const char *own, const char *traced)
{
	const char *last = strrchr(own, '.');

	return !strcmp(own, traced) || !strcmp(last ? last + 1 : own, traced);
}

void join_fini(struct join *j)
{
	program_map_fini(&j->files);
	program_map_fini(&j->sites);
	program_map_fini(&j->seen);
	program_free_table(&j->lines);
}
