/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_table.c - the program's tables: growing arrays, hashes, interned strings.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program_parts.h"

#define CHUNK (1u << 18)

bool program_table_room(struct program *p, void *array, uint32_t *cap, uint32_t count,
                        size_t element)
{
	void **at = array;
	uint32_t want = *cap ? *cap * 2 : 64;
	char *grown;

	if (count < *cap)
		return true;
	grown = *cap > UINT32_MAX / 4 ? NULL : realloc(*at, want * element);
	if (!grown) {
		p->err = -ENOMEM;
		return false;
	}
	memset(grown + *cap * element, 0, (want - *cap) * element);
	*at = grown;
	*cap = want;
	return true;
}

void program_table_free(void *array, uint32_t *count, uint32_t *cap)
{
	void **at = array;

	free(*at);
	*at = NULL;
	*count = *cap = 0;
}

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

static uint32_t map_slot(const struct program_map *map, uint64_t key)
{
	uint64_t h = key * 0x9e3779b97f4a7c15u;
	uint32_t at = (h >> 32) & (map->size - 1);

	while (map->keys[at] && map->keys[at] != key)
		at = (at + 1) & (map->size - 1);
	return at;
}

uint32_t program_map_get(const struct program_map *map, uint32_t a, uint32_t b)
{
	uint64_t key = (((uint64_t)a << 32) | b) + 1;
	uint32_t at;

	if (!map->size)
		return 0;
	at = map_slot(map, key);
	return map->keys[at] ? map->values[at] : 0;
}

static bool map_grow(struct program *p, struct program_map *map)
{
	struct program_map old = *map;

	map->size = old.size ? old.size * 2 : 256;
	map->keys = calloc(map->size, sizeof(*map->keys));
	map->values = calloc(map->size, sizeof(*map->values));
	if (!map->keys || !map->values) {
		free(map->keys);
		free(map->values);
		*map = old;
		p->err = -ENOMEM;
		return false;
	}
	for (uint32_t i = 0; i < old.size; i++)
		if (old.keys[i]) {
			uint32_t at = map_slot(map, old.keys[i]);

			map->keys[at] = old.keys[i];
			map->values[at] = old.values[i];
		}
	free(old.keys);
	free(old.values);
	return true;
}

void program_map_set(struct program *p, struct program_map *map, uint32_t a, uint32_t b,
                     uint32_t value)
{
	uint64_t key = (((uint64_t)a << 32) | b) + 1;
	uint32_t at;

	if (map->used * 2 >= map->size && !map_grow(p, map))
		return;
	at = map_slot(map, key);
	map->used += !map->keys[at];
	map->keys[at] = key;
	map->values[at] = value;
}

void program_map_fini(struct program_map *map)
{
	free(map->keys);
	free(map->values);
	*map = (struct program_map){0};
}

uint32_t program_child(const struct program *p, uint32_t file, uint32_t node, unsigned int nth)
{
	const struct tree_node *nodes = p->files.at[file].tree->nodes;
	uint32_t at = nodes[node].first;

	while (nth-- && at)
		at = nodes[at].next;
	return at;
}

uint32_t program_tuple_across(const struct program *p, uint32_t file, uint32_t element)
{
	const struct tree_node *nodes = p->files.at[file].tree->nodes;
	uint32_t tuple = program_parent(p, file, element), assign = program_parent(p, file, tuple);
	uint32_t value = nodes[assign].first, target = value ? nodes[value].next : 0;
	uint32_t across = tuple == value ? target : value, found = 0;
	uint32_t a = nodes[tuple].first, b = nodes[across].first;

	if (nodes[tuple].kind != TREE_TUPLE || nodes[assign].kind != TREE_ASSIGN || !target ||
	    nodes[target].next || nodes[across].kind != TREE_TUPLE)
		return 0;
	for (; a && b; a = nodes[a].next, b = nodes[b].next) {
		if (nodes[a].kind == TREE_STAR || nodes[b].kind == TREE_STAR)
			return 0;
		if (a == element)
			found = b;
	}
	return a || b ? 0 : found;
}

uint32_t program_enclosing_func(const struct program *p, uint32_t file, uint32_t node)
{
	const struct program_file *f = &p->files.at[file];

	for (uint32_t at = f->parent[node], from = node; at; from = at, at = f->parent[at]) {
		const struct tree_node *n = &f->tree->nodes[at];

		if (n->kind == TREE_CLASS)
			return 0;
		/* decorators, defaults and annotations belong to the surroundings */
		if (n->kind == TREE_FUNC && f->tree->nodes[from].kind == TREE_BLOCK)
			return f->owner[at];
	}
	return 0;
}

uint32_t program_enclosing_scope(const struct program *p, uint32_t file, uint32_t node)
{
	const struct program_file *f = &p->files.at[file];

	for (uint32_t at = f->parent[node], from = node; at; from = at, at = f->parent[at]) {
		const struct tree_node *n = &f->tree->nodes[at];

		if (f->tree->nodes[from].kind != TREE_BLOCK || !f->owner[at])
			continue;
		if (n->kind == TREE_FUNC)
			return p->funcs.at[f->owner[at]].scope;
		if (n->kind == TREE_CLASS)
			return p->classes.at[f->owner[at]].scope;
	}
	return f->scope;
}
