/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_map.c - see program_map.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "program_map.h"
#include "program.h"

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
