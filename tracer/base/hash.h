/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hash.h - hashes of words and texts, for tables in memory: nobody's input is safe from collisions.
 */
#ifndef TRACER_HASH_H
#define TRACER_HASH_H

#include <stdint.h>

#define HASH_TEXT 0xcbf29ce484222325ull /* the hash of no text (FNV-1a's offset basis) */
#define HASH_WORD 0x9e3779b97f4a7c15ull /* 2^64 / golden ratio: Knuth, vol. 3, section 6.4 */

/** FNV-1a of `hash` and a text; NULL is "". One text and another are not the two put together. */
static inline uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; text && *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3ull;
	return (hash ^ 0xff) * 0x100000001b3ull;
}

/** Of `hash` and a word. */
static inline uint64_t hash_word(uint64_t hash, uint64_t word)
{
	return (hash ^ word ^ hash >> 29) * HASH_WORD;
}

#endif
