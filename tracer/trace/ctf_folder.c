/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctf_folder.c - making, replacing and listing the folder of a trace.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ctf_folder.h"
#include "ctf_metadata.h"
#include "base/escape.h"

#define CTF_UNFINISHED ".unfinished"

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static int fault_path(struct fault *fault, int code, const char *what, const char *path)
{
	char shown[160];

	return fault_set(fault, code, "%s %s: %s", what, escape_string(shown, sizeof(shown), path),
	                 strerror(-code));
}

/* Writes under another name first: metadata that is there is whole. */
static int write_metadata(int folder, const uint8_t uuid[16])
{
	uint64_t offset = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
	int fd = openat(folder, ".metadata", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
	                0600);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	int code;

	if (!out) {
		code = -errno;
		if (fd >= 0)
			close(fd);
		return code;
	}
	ctf_metadata_write(out, uuid, offset);
	code = ferror(out) ? -EIO : 0;
	if (fclose(out) != 0 && code == 0)
		code = -errno;
	if (code == 0 && renameat(folder, ".metadata", folder, "metadata") < 0)
		code = -errno;
	if (code < 0)
		unlinkat(folder, ".metadata", 0);
	return code;
}

/* Reads all of metadata, to a limit. Returns its size or a negative errno. */
static ssize_t read_metadata(int folder, char *text, size_t room)
{
	int fd = openat(folder, "metadata", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t size = 0;
	ssize_t got = -1;

	if (fd < 0)
		return -errno;
	while (size < room && (got = read(fd, text + size, room - size)) > 0)
		size += (size_t)got;
	got = got < 0 ? -errno : (ssize_t)size;
	close(fd);
	return got;
}

static int check_metadata(int folder, const char *path, uint8_t uuid[16], struct fault *fault)
{
	char *text = malloc(CTF_METADATA_MAX);
	char shown[160];
	ssize_t size;
	int code;

	if (!text)
		return fault_set(fault, -ENOMEM, "out of memory");
	size = read_metadata(folder, text, CTF_METADATA_MAX);
	if (size == -ENOENT || size == -EISDIR)
		code = fault_set(fault, -EPROTO, "%s is not a trace: it holds no metadata",
		                 escape_string(shown, sizeof(shown), path));
	else if (size < 0)
		code = fault_path(fault, (int)size, "read the metadata of", path);
	else
		code = ctf_metadata_check(text, (size_t)size, path, uuid, fault);
	free(text);
	return code;
}

static int mark_unfinished(int folder)
{
	int fd = openat(folder, CTF_UNFINISHED, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	return fd < 0 || close(fd) < 0 ? -errno : 0;
}

int ctf_folder_finish(int folder)
{
	return unlinkat(folder, CTF_UNFINISHED, 0) < 0 && errno != ENOENT ? -errno : 0;
}

bool ctf_folder_unfinished(int folder)
{
	return !faccessat(folder, CTF_UNFINISHED, F_OK, AT_SYMLINK_NOFOLLOW);
}

/* Removes the files of a trace, and no other. The metadata goes last: what is left half removed can
 * still be replaced. */
static int clear(int folder)
{
	char **names;
	size_t count;
	int code = ctf_folder_list(folder, &names, &count);

	if (code < 0)
		return code;
	for (size_t i = 0; i < count && code == 0; i++)
		if (unlinkat(folder, names[i], 0) < 0)
			code = -errno;
	ctf_folder_list_free(names, count);
	if (code == 0)
		code = ctf_folder_finish(folder);
	if (code == 0 && unlinkat(folder, "metadata", 0) < 0)
		code = -errno;
	return code;
}

/* There is something at `path`: makes room for a new trace if that is allowed. */
static int replace(const char *path, bool force, struct fault *fault)
{
	uint8_t uuid[16];
	char shown[160];
	int folder, code;

	escape_string(shown, sizeof(shown), path);
	if (!force)
		return fault_set(fault, -EEXIST, "%s exists; --force writes over a trace", shown);
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return fault_path(fault, -errno, "open", path);
	code = check_metadata(folder, path, uuid, NULL);
	if (code == -EPROTO)
		code = fault_set(fault, -EEXIST,
		                 "%s exists and is not a trace: it is not written over", shown);
	else if (code == 0 || code == -EBADMSG || code == -EPROTONOSUPPORT)
		code = clear(folder); /* a damaged or newer trace is one */
	if (code == 0 && fchmod(folder, 0700) < 0)
		code = -errno;
	if (code < 0 && code != -EEXIST)
		code = fault_path(fault, code, "clear", path);
	close(folder);
	return code;
}

int ctf_folder_create(const char *path, bool force, uint8_t uuid[16], struct fault *fault)
{
	int folder, code = 0;

	if (getrandom(uuid, 16, 0) != 16)
		return fault_set(fault, -EIO, "no random number for the trace's uuid");
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40); /* RFC 4122: random */
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
	if (mkdir(path, 0700) < 0)
		code = errno == EEXIST ? replace(path, force, fault)
		                       : fault_path(fault, -errno, "create", path);
	if (code < 0)
		return code;
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return fault_path(fault, -errno, "open", path);
	code = mark_unfinished(folder);
	if (code == 0)
		code = write_metadata(folder, uuid);
	if (code == 0)
		return folder;
	close(folder);
	return fault_path(fault, code, "write the metadata of", path);
}

int ctf_folder_open(const char *path, uint8_t uuid[16], struct fault *fault)
{
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), code;
	char shown[160];

	if (folder < 0 && errno == ENOTDIR)
		return fault_set(fault, -ENOTDIR, "%s is not a trace: a trace is a folder",
		                 escape_string(shown, sizeof(shown), path));
	if (folder < 0)
		return fault_path(fault, -errno, "open", path);
	code = check_metadata(folder, path, uuid, fault);
	if (code == 0)
		return folder;
	close(folder);
	return code;
}

static int by_name(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

static int add_name(char ***names, size_t *count, const char *name)
{
	char **longer = reallocarray(*names, *count + 1, sizeof(*longer));

	if (!longer)
		return -ENOMEM;
	*names = longer;
	longer[*count] = strdup(name);
	if (!longer[*count])
		return -ENOMEM;
	++*count;
	return 0;
}

int ctf_folder_list(int folder, char ***names, size_t *count)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), code = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	*names = NULL;
	*count = 0;
	if (!dir) {
		code = -errno;
		if (fd >= 0)
			close(fd);
		return code;
	}
	while (code == 0 && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, CTF_STREAM_PREFIX, strlen(CTF_STREAM_PREFIX)))
			code = add_name(names, count, entry->d_name);
	closedir(dir);
	if (code < 0)
		ctf_folder_list_free(*names, *count);
	else if (*count)
		qsort(*names, *count, sizeof(**names), by_name);
	return code;
}

void ctf_folder_list_free(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}
