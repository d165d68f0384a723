/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * idmap.h - a map from 64-bit ids to 32-bit indices.
 *
 * Open addressing, linear probing, deletion by shifting back (Knuth, TAOCP 3,
 * 6.4, algorithm R), so a table does not fill up with tombstones however long
 * it lives. At most half full; grows by doubling. Key ~0 is not allowed.
 */
#ifndef TRACER_IDMAP_H
#define TRACER_IDMAP_H

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define IDMAP_NONE UINT32_MAX /* the value of a key that is not in the map */
#define IDMAP_FREE UINT64_MAX

struct idmap_slot {
	uint64_t key;
	uint32_t value;
};

struct idmap {
	struct idmap_slot *slots; /* NULL: empty */
	uint32_t shift;           /* 64 - log2 of the number of slots */
	uint32_t count;
};

static inline uint64_t idmap_slots(const struct idmap *map)
{
	return map->slots ? 1ull << (64 - map->shift) : 0;
}

/* Fibonacci hashing: the top bits of key * 2^64 / phi. */
static inline uint64_t idmap_home(const struct idmap *map, uint64_t key)
{
	return (key * 0x9e3779b97f4a7c15ull) >> map->shift;
}

static inline uint32_t idmap_get(const struct idmap *map, uint64_t key)
{
	const struct idmap_slot *slot;

	if (!map->slots)
		return IDMAP_NONE;
	slot = &map->slots[idmap_home(map, key)];
	while (slot->key != key) {
		if (slot->key == IDMAP_FREE)
			return IDMAP_NONE;
		if (++slot == map->slots + idmap_slots(map))
			slot = map->slots;
	}
	return slot->value;
}

static inline void idmap_place(struct idmap *map, uint64_t key, uint32_t value)
{
	uint64_t mask = idmap_slots(map) - 1;
	uint64_t i = idmap_home(map, key);

	while (map->slots[i].key != IDMAP_FREE)
		i = (i + 1) & mask;
	map->slots[i] = (struct idmap_slot){key, value};
}

/** Makes the table `bits` (log2) slots large. 0 or -ENOMEM, then it is as before. */
static inline int idmap_resize(struct idmap *map, uint32_t bits)
{
	struct idmap bigger = {.shift = 64 - bits, .count = map->count};
	uint64_t old = map->slots ? idmap_slots(map) : 0;

	bigger.slots = malloc(sizeof(*bigger.slots) << bits);
	if (!bigger.slots)
		return -ENOMEM;
	memset(bigger.slots, 0xff, sizeof(*bigger.slots) << bits);
	for (uint64_t i = 0; i < old; i++)
		if (map->slots[i].key != IDMAP_FREE)
			idmap_place(&bigger, map->slots[i].key, map->slots[i].value);
	free(map->slots);
	*map = bigger;
	return 0;
}

/** Adds a key that is not in the map. 0 or -ENOMEM. */
static inline int idmap_add(struct idmap *map, uint64_t key, uint32_t value)
{
	int err = 0;

	if (key == IDMAP_FREE)
		return -EINVAL;
	if (!map->slots)
		err = idmap_resize(map, 6);
	else if (2ull * (map->count + 1) > idmap_slots(map))
		err = idmap_resize(map, 65 - map->shift);
	if (err)
		return err;
	idmap_place(map, key, value);
	map->count++;
	return 0;
}

/** Takes a key out; nothing happens if it is not in. */
static inline void idmap_remove(struct idmap *map, uint64_t key)
{
	uint64_t mask = idmap_slots(map) - 1, hole, i;

	if (!map->slots)
		return;
	for (i = idmap_home(map, key); map->slots[i].key != key; i = (i + 1) & mask)
		if (map->slots[i].key == IDMAP_FREE)
			return;
	map->count--;
	for (hole = i;;) {
		i = (i + 1) & mask;
		if (map->slots[i].key == IDMAP_FREE)
			break;
		/* May the entry at i move to the hole? Only if its home is not in (hole, i]. */
		if (((i - idmap_home(map, map->slots[i].key)) & mask) >= ((i - hole) & mask)) {
			map->slots[hole] = map->slots[i];
			hole = i;
		}
	}
	map->slots[hole].key = IDMAP_FREE;
}

static inline void idmap_fini(struct idmap *map)
{
	free(map->slots);
	memset(map, 0, sizeof(*map));
}

#endif
