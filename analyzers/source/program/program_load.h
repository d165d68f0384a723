/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_load.h - getting a program's files into memory.
 */
#ifndef ANALYZERS_PROGRAM_LOAD_H
#define ANALYZERS_PROGRAM_LOAD_H

#include "program.h"

struct program_load {
	const char *const *paths; /* files and folders */
	size_t path_count;
	const char *const *exclude; /* parts of paths that are left out */
	size_t exclude_count;
	const char *cache;   /* folder, which exists; NULL: none */
	struct fault *fault; /* NULL: not wanted */
	unsigned int threads;
};

/** Finds the files below the paths. 0 or a negative errno: one cannot be read, `fault` says which.
 */
int program_load_find(struct program *p, const struct program_load *load);

/** Lowers what is asynchronous in them. 0 or a negative errno. */
int program_load(struct program *p, const struct program_load *load);

/** Lowers the files in p->wanted. */
int program_load_wanted(struct program *p, const struct program_load *load);

/**
 * Adds to p->wanted the files, not lowered so far, in which a word stands: as an attribute or at
 * the start of a string, or else anywhere. *more: there are any.
 */
int program_load_mentions(struct program *p, const char *word, bool attribute, bool *more);

#endif
