/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_load.h - getting a program's files into memory.
 */
#ifndef ANALYZERS_PROGRAM_LOAD_H
#define ANALYZERS_PROGRAM_LOAD_H

#include "program_parts.h"

struct py_load {
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
int py_load_find(struct py_program *p, const struct py_load *load);

/** Lowers what is asynchronous in them. 0 or a negative errno. */
int py_load(struct py_program *p, const struct py_load *load);

/** Lowers the files in p->wanted. */
int py_load_wanted(struct py_program *p, const struct py_load *load);

/**
 * Adds to p->wanted the files, not lowered so far, in which a word stands: as an attribute or at
 * the start of a string, or else anywhere. *more: there are any.
 */
int py_load_mentions(struct py_program *p, const char *word, bool attribute, bool *more);

#endif
