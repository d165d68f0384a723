/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * processes.c - see processes.h.
 */
#include "processes.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool process_parse(const char *line, struct process *out)
{
	const char *after = strrchr(line, ')'); /* the name may hold brackets itself */
	int pid, parent;

	if (!after || sscanf(line, "%d", &pid) != 1)
		return false;
	/* state ppid, and 17 fields later the start time */
	if (sscanf(after,
	           ") %*c %d %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
	           "%*s %" SCNu64,
	           &parent, &out->start_time) != 2)
		return false;
	out->pid = pid;
	out->parent = parent;
	return true;
}

static bool process_read(int proc, const char *name, struct process *out)
{
	char path[300], line[1024];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/stat", name);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, line, sizeof(line) - 1);
	close(fd);
	if (n <= 0)
		return false;
	line[n] = 0;
	return process_parse(line, out);
}

long processes_read(struct process **out)
{
	DIR *dir = opendir("/proc");
	size_t count = 0, room = 0;
	struct dirent *entry;

	*out = NULL;
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		if (count == room) {
			struct process *more;

			room = room ? 2 * room : 256;
			more = reallocarray(*out, room, sizeof(*more));
			if (!more) {
				free(*out);
				*out = NULL;
				closedir(dir);
				return -ENOMEM;
			}
			*out = more;
		}
		count += process_read(dirfd(dir), entry->d_name, &(*out)[count]);
	}
	closedir(dir);
	return (long)count;
}
