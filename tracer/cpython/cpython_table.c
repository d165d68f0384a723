/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_table.c - see cpython_table.h. The hash is the finaliser of
 * MurmurHash3 (Appleby), applied to both words.
 */
#include <errno.h>
#include <stdlib.h>

#include "cpython_table.h"

static uint64_t mix(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdull;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ull;
	return x ^ x >> 33;
}

/* The slot that holds the key, or the free one where it would go. */
static struct cpython_table_slot *slot_find(const struct cpython_table *table, uint64_t key,
                                            uint64_t more)
{
	size_t i = mix(key + 0x9e3779b97f4a7c15ull * mix(more)) & (table->room - 1);

	while (table->slots[i].value &&
	       (table->slots[i].key != key || table->slots[i].more != more))
		i = (i + 1) & (table->room - 1);
	return &table->slots[i];
}

void *cpython_table_get(const struct cpython_table *table, uint64_t key, uint64_t more)
{
	return table->room ? slot_find(table, key, more)->value : NULL;
}

static int table_grow(struct cpython_table *table)
{
	struct cpython_table grown = {0};

	grown.room = table->room ? table->room * 2 : 64;
	grown.slots = calloc(grown.room, sizeof(*grown.slots));
	if (!grown.slots)
		return -ENOMEM;
	for (size_t i = 0; i < table->room; i++)
		if (table->slots[i].value)
			*slot_find(&grown, table->slots[i].key, table->slots[i].more) =
				table->slots[i];
	grown.count = table->count;
	free(table->slots);
	*table = grown;
	return 0;
}

int cpython_table_put(struct cpython_table *table, uint64_t key, uint64_t more, void *value)
{
	struct cpython_table_slot *slot;

	if (table->count * 3 >= table->room * 2 && table_grow(table))
		return -ENOMEM;
	slot = slot_find(table, key, more);
	if (!slot->value)
		table->count++;
	slot->key = key;
	slot->more = more;
	slot->value = value;
	return 0;
}

void *cpython_table_take(struct cpython_table *table, uint64_t key, uint64_t more)
{
	struct cpython_table_slot *slot;
	void *value;
	size_t i;

	if (!table->room)
		return NULL;
	slot = slot_find(table, key, more);
	value = slot->value;
	if (!value)
		return NULL;
	slot->value = NULL;
	table->count--;
	/* What follows without a gap may have been pushed on by it: put it in again. */
	i = slot - table->slots;
	for (i = (i + 1) & (table->room - 1); table->slots[i].value;
	     i = (i + 1) & (table->room - 1)) {
		struct cpython_table_slot moved = table->slots[i];

		table->slots[i].value = NULL;
		*slot_find(table, moved.key, moved.more) = moved;
	}
	return value;
}

void cpython_table_fini(struct cpython_table *table, void (*release)(void *))
{
	for (size_t i = 0; release && i < table->room; i++)
		if (table->slots[i].value)
			release(table->slots[i].value);
	free(table->slots);
	*table = (struct cpython_table){0};
}
