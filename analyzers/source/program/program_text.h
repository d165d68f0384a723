/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_text.h - the texts of a program, each once: names, and what is said of it.
 */
#ifndef ANALYZERS_PROGRAM_TEXT_H
#define ANALYZERS_PROGRAM_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "program_table.h"

struct program;

struct program_strings {
	PROGRAM_TABLE(char *) text;
	PROGRAM_TABLE(char *) chunks; /* the memory the texts lie in */
	uint32_t *table;              /* open hash of ids */
	uint32_t *hashes;             /* by id */
	uint32_t size;
	uint32_t hash_cap;
	char *chunk;
	size_t left;
};

uint32_t program_intern(struct program *p, const char *text, size_t size);
uint32_t program_intern_text(struct program *p, const char *text);
uint32_t program_internf(struct program *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void program_strings_fini(struct program_strings *s);

#endif
