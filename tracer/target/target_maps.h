/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * target_maps.h - the lines of /proc/PID/maps.
 */
#ifndef TRACER_TARGET_MAPS_H
#define TRACER_TARGET_MAPS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** One mapping of a file. `path` is decoded, without " (deleted)". */
struct target_map {
	uint64_t start;
	uint64_t end;
	uint64_t offset; /* in the file */
	uint64_t inode;
	bool executable;
	bool deleted;
	char *path;
};

/** Takes a mapping; it lives only during the call. Not 0 ends the reading. */
typedef int (*target_map_fn)(void *context, const struct target_map *map);

/** Calls `fn` for each mapping of a file. Returns 0, what `fn` returned, or a negative errno. */
int target_maps_read(pid_t pid, target_map_fn fn, void *context);

/** Parses one line, which it changes. Returns false if it is no mapping of a file. */
bool target_map_parse(char *line, struct target_map *map);

#endif
