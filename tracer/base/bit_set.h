/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bit_set.h - a set of small numbers; has memory for those from its least to its greatest member.
 */
#ifndef ANALYZERS_BIT_SET_H
#define ANALYZERS_BIT_SET_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/** All zero: empty. Free with bit_set_fini. */
struct bit_set {
	uint64_t *words;
	uint32_t first, count; /* words[0] is of the numbers from 64 * first on */
};

static inline bool bit_set_has(const struct bit_set *set, uint32_t number)
{
	uint32_t word = number / 64 - set->first; /* wraps if it is below */

	return word < set->count && set->words[word] >> number % 64 & 1;
}

/** 0, or -ENOMEM: nothing has changed. */
static inline int bit_set_add(struct bit_set *set, uint32_t number)
{
	uint32_t word = number / 64, end = set->first + set->count;

	if (word - set->first >= set->count) {
		uint32_t first = set->count && set->first < word ? set->first : word;
		uint32_t count = (end > word && set->count ? end : word + 1) - first;
		uint64_t *words = calloc(count, sizeof(*words));

		if (!words)
			return -ENOMEM;
		if (set->count)
			memcpy(words + (set->first - first), set->words,
			       set->count * sizeof(*words));
		free(set->words);
		set->words = words;
		set->first = first;
		set->count = count;
	}
	set->words[word - set->first] |= 1ull << number % 64;
	return 0;
}

static inline uint64_t bit_set_members(const struct bit_set *set)
{
	uint64_t members = 0;

	for (uint32_t i = 0; i < set->count; i++)
		members += (uint64_t)__builtin_popcountll(set->words[i]);
	return members;
}

static inline void bit_set_fini(struct bit_set *set)
{
	free(set->words);
	*set = (struct bit_set){0};
}

#endif
