// SPDX-License-Identifier: BSD-2-Clause
/*
 * target_maps.c - parsing /proc/PID/maps (proc_pid_maps(5)).
 *
 * The kernel writes a newline in a path as \012 and nothing else escaped.
 */
#include "target_maps.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void newlines_decode(char *path)
{
	char *to = path;

	while (*path) {
		if (!strncmp(path, "\\012", 4)) {
			*to++ = '\n';
			path += 4;
		} else {
			*to++ = *path++;
		}
	}
	*to = 0;
}

bool target_map_parse(char *line, struct target_map *map)
{
	static const char gone[] = " (deleted)";
	char rights[5];
	size_t length;
	int at = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %" SCNu64 " %n", &map->start,
	           &map->end, rights, &map->offset, &map->inode, &at) != 5 ||
	    !at || line[at] != '/' || map->end <= map->start || strlen(rights) != 4)
		return false;
	map->path = line + at;
	map->path[strcspn(map->path, "\n")] = 0;
	length = strlen(map->path);
	map->deleted = length > strlen(gone) && !strcmp(map->path + length - strlen(gone), gone);
	if (map->deleted)
		map->path[length - strlen(gone)] = 0;
	map->executable = rights[2] == 'x';
	newlines_decode(map->path);
	return true;
}

int target_maps_read(pid_t pid, target_map_fn fn, void *context)
{
	char name[64], *line = NULL;
	struct target_map map;
	size_t room = 0;
	int code = 0;
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%d/maps", (int)pid);
	file = fopen(name, "re");
	if (!file)
		return errno == ENOENT ? -ESRCH : -errno;
	while (!code && getline(&line, &room, file) > 0)
		if (target_map_parse(line, &map))
			code = fn(context, &map);
	if (!code && ferror(file))
		code = -errno;
	free(line);
	fclose(file);
	return code;
}
