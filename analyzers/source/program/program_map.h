/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_map.h - a hash from two numbers to one.
 */
#ifndef ANALYZERS_PROGRAM_MAP_H
#define ANALYZERS_PROGRAM_MAP_H

#include <stdint.h>

struct program;

struct program_map {
	uint64_t *keys; /* key + 1; 0: free */
	uint32_t *values;
	uint32_t size, used;
};

uint32_t program_map_get(const struct program_map *map, uint32_t a, uint32_t b); /* 0: not there */
void program_map_set(struct program *p, struct program_map *map, uint32_t a, uint32_t b,
                     uint32_t value);
void program_map_fini(struct program_map *map);

#endif
