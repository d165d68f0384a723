/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_text.c - see program_text.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program_text.h"
#include "program.h"

#define CHUNK (1u << 18)

static uint32_t text_hash(const char *text, size_t size)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < size; i++)
		h = (h ^ (unsigned char)text[i]) * 16777619u;
	return h;
}

static bool strings_rehash(struct program *p)
{
	struct program_strings *s = &p->strings;
	uint32_t size = s->size ? s->size * 2 : 8192;
	uint32_t *table = calloc(size, sizeof(*table));

	if (!table) {
		p->err = -ENOMEM;
		return false;
	}
	for (uint32_t id = 1; id < s->text.count; id++) {
		uint32_t at = s->hashes[id] & (size - 1);

		while (table[at])
			at = (at + 1) & (size - 1);
		table[at] = id;
	}
	free(s->table);
	s->table = table;
	s->size = size;
	return true;
}

/* Memory for a string; NULL without. */
static char *strings_room(struct program *p, size_t size)
{
	struct program_strings *s = &p->strings;
	size_t chunk = size > CHUNK ? size : CHUNK;
	uint32_t id;
	char *at;

	if (s->left < size) {
		at = malloc(chunk);
		id = at ? program_push(p, &s->chunks) : 0;
		if (!id) {
			free(at);
			p->err = -ENOMEM;
			return NULL;
		}
		s->chunks.at[id] = s->chunk = at;
		s->left = chunk;
	}
	at = s->chunk;
	s->chunk += size;
	s->left -= size;
	return at;
}

uint32_t program_intern(struct program *p, const char *text, size_t size)
{
	struct program_strings *s = &p->strings;
	uint32_t hash, at, id;
	char *copy;

	if (!size)
		return 0;
	if (s->text.count * 2 >= s->size && !strings_rehash(p))
		return 0;
	hash = text_hash(text, size);
	for (at = hash & (s->size - 1); s->table[at]; at = (at + 1) & (s->size - 1)) {
		const char *have = s->text.at[s->table[at]];

		if (s->hashes[s->table[at]] == hash && !strncmp(have, text, size) && !have[size])
			return s->table[at];
	}
	copy = strings_room(p, size + 1);
	if (!copy)
		return 0;
	memcpy(copy, text, size);
	copy[size] = '\0';
	id = program_push(p, &s->text);
	if (!id || !program_table_room(p, &s->hashes, &s->hash_cap, id, sizeof(*s->hashes)))
		return 0;
	if (!s->text.at[0])
		s->text.at[0] = copy + size;
	s->text.at[id] = copy;
	s->hashes[id] = hash;
	return s->table[at] = id;
}

uint32_t program_intern_text(struct program *p, const char *text)
{
	return program_intern(p, text, strlen(text));
}

uint32_t program_internf(struct program *p, const char *format, ...)
{
	char text[1024];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (n < 0)
		return 0;
	return program_intern(p, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

void program_strings_fini(struct program_strings *s)
{
	for (uint32_t i = 0; i < s->chunks.count; i++)
		free(s->chunks.at[i]);
	free(s->chunks.at);
	free(s->text.at);
	free(s->table);
	free(s->hashes);
}
