/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text_symbols.h - the names a text uses, and the ids they stand for.
 *
 * Three spaces: tasks, locks and other objects share one counter, as in a
 * target; locations are addresses a page apart; sites are addresses of code.
 */
#ifndef TRACER_TEXT_SYMBOLS_H
#define TRACER_TEXT_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum text_space { TEXT_SPACE_OBJECT, TEXT_SPACE_ADDRESS, TEXT_SPACE_SITE, TEXT_SPACES };

/** One name. */
struct text_symbol {
	struct text_symbol *next; /* in its bucket */
	uint64_t id;
	uint8_t space;
	uint8_t entity; /* enum aw_entity; of an object: what it turned out to be */
	uint8_t type;   /* enum aw_lock_type of a lock */
	bool defined;   /* its definition was emitted */
	size_t length;
	char name[];
};

struct text_symbols {
	struct text_symbol **buckets;
	size_t room; /* of `buckets`, a power of two */
	size_t count;
	uint64_t used[TEXT_SPACES]; /* ids given out */
};

/** Zero-initialised: empty. Finds a name, or makes it with the next id of its space. NULL: no
 * memory. */
struct text_symbol *text_symbols_get(struct text_symbols *symbols, enum text_space space,
                                     const char *name, size_t length);

void text_symbols_fini(struct text_symbols *symbols);

#endif
