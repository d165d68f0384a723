/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text_symbols.c - a chained hash table of names.
 */
#include <stdlib.h>
#include <string.h>

#include "text_symbols.h"

#define SITE_BASE    0x400000ull       /* where a program's code usually lies */
#define ADDRESS_BASE 0x100000000000ull /* away from the sites */
#define ADDRESS_STEP 4096

static size_t hash_name(enum text_space space, const char *name, size_t length)
{
	uint64_t hash = 14695981039346656037ull + space; /* FNV-1a */

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)name[i]) * 1099511628211ull;
	return (size_t)(hash ^ hash >> 32);
}

static int grow(struct text_symbols *symbols)
{
	size_t room = symbols->room ? 2 * symbols->room : 64;
	struct text_symbol **buckets = calloc(room, sizeof(*buckets));

	if (!buckets)
		return -1;
	for (size_t i = 0; i < symbols->room; i++)
		for (struct text_symbol *at = symbols->buckets[i], *next; at; at = next) {
			size_t slot = hash_name(at->space, at->name, at->length) & (room - 1);

			next = at->next;
			at->next = buckets[slot];
			buckets[slot] = at;
		}
	free(symbols->buckets);
	symbols->buckets = buckets;
	symbols->room = room;
	return 0;
}

static uint64_t next_id(struct text_symbols *symbols, enum text_space space)
{
	uint64_t number = ++symbols->used[space];

	switch (space) {
	case TEXT_SPACE_ADDRESS:
		return ADDRESS_BASE + number * ADDRESS_STEP;
	case TEXT_SPACE_SITE:
		return SITE_BASE + number * 16;
	default:
		return number;
	}
}

struct text_symbol *text_symbols_get(struct text_symbols *symbols, enum text_space space,
                                     const char *name, size_t length)
{
	size_t hash = hash_name(space, name, length);
	struct text_symbol *symbol = NULL;

	if (symbols->room)
		symbol = symbols->buckets[hash & (symbols->room - 1)];
	for (; symbol; symbol = symbol->next)
		if (symbol->space == space && symbol->length == length &&
		    !memcmp(symbol->name, name, length))
			return symbol;
	if (symbols->count >= symbols->room && grow(symbols) < 0)
		return NULL;
	symbol = calloc(1, sizeof(*symbol) + length + 1);
	if (!symbol)
		return NULL;
	symbol->space = (uint8_t)space;
	symbol->id = next_id(symbols, space);
	symbol->length = length;
	memcpy(symbol->name, name, length);
	symbol->next = symbols->buckets[hash & (symbols->room - 1)];
	symbols->buckets[hash & (symbols->room - 1)] = symbol;
	symbols->count++;
	return symbol;
}

void text_symbols_fini(struct text_symbols *symbols)
{
	for (size_t i = 0; i < symbols->room; i++)
		for (struct text_symbol *at = symbols->buckets[i], *next; at; at = next) {
			next = at->next;
			free(at);
		}
	free(symbols->buckets);
	*symbols = (struct text_symbols){0};
}
