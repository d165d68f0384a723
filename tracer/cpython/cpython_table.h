/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_table.h - a hash table from a 16-byte key to a pointer.
 *
 * Open addressing with linear probing; never holds NULL. Zero-initialised: empty.
 */
#ifndef CPYTHON_TABLE_H
#define CPYTHON_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct cpython_table_slot {
	uint64_t key, more;
	void *value; /* NULL: free */
};

struct cpython_table {
	struct cpython_table_slot *slots;
	size_t room; /* a power of two, or 0 */
	size_t count;
};

/** The value for a key, or NULL. */
void *cpython_table_get(const struct cpython_table *table, uint64_t key, uint64_t more);

/** Adds or replaces. 0 or -ENOMEM. */
int cpython_table_put(struct cpython_table *table, uint64_t key, uint64_t more, void *value);

/** Takes a key out and returns its value, or NULL. */
void *cpython_table_take(struct cpython_table *table, uint64_t key, uint64_t more);

/** Frees the slots, and each value with `release` (may be NULL). */
void cpython_table_fini(struct cpython_table *table, void (*release)(void *));

#endif
