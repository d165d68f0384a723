/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_source.c - see cpython_source.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cpython_source.h"

enum { FILES = 4096, LINES_MAX = 200000, FILE_MAX = 8 << 20 };

static const char frozen[] = "<frozen ";

struct source_file {
	struct source_file *next;
	char *name;
	char *text;
	char **lines; /* into text */
	uint32_t count;
};

struct cpython_source {
	struct cpython_lines lines; /* asked instead of files */
	uint32_t pid;
	int root, folder; /* of the process, open, since it may have ended when they are needed */
	char *library;    /* where the standard library lies; NULL: not known yet */
	struct source_file *files;
	size_t file_count;
};

static int folder_open(uint32_t pid, const char *which)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, which);
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int cpython_source_new(uint32_t pid, struct cpython_source **out)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	(*out)->pid = pid;
	(*out)->root = pid ? folder_open(pid, "root") : -1;
	(*out)->folder = pid ? folder_open(pid, "cwd") : -1;
	return 0;
}

int cpython_source_told(const struct cpython_lines *lines, struct cpython_source **out)
{
	int error = cpython_source_new(0, out);

	if (!error)
		(*out)->lines = *lines;
	return error;
}

void cpython_source_free(struct cpython_source *source)
{
	if (!source)
		return;
	while (source->files) {
		struct source_file *file = source->files;

		source->files = file->next;
		free(file->name);
		free(file->text);
		free(file->lines);
		free(file);
	}
	if (source->root >= 0)
		close(source->root);
	if (source->folder >= 0)
		close(source->folder);
	free(source->library);
	free(source);
}

/* As the target would open it: its links lead to where they lead it. A pipe or a device is no
 * source, and is not waited for. */
static FILE *file_open(const struct cpython_source *source, const char *name)
{
	bool whole = name[0] == '/';
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
	                       .resolve = whole ? RESOLVE_IN_ROOT : 0};
	struct stat stat;
	int fd = AT_FDCWD;
	FILE *file;

	if (source->pid)
		fd = whole ? source->root : source->folder;
	else
		how.resolve = 0;
	if (fd == -1)
		return NULL;
	fd = (int)syscall(SYS_openat2, fd, name, &how, sizeof(how));
	if (fd < 0)
		return NULL;
	file = fstat(fd, &stat) || !S_ISREG(stat.st_mode) ? NULL : fdopen(fd, "r");
	if (!file)
		close(fd);
	return file;
}

static void file_split(struct source_file *file)
{
	char *at = file->text;

	file->lines = calloc(LINES_MAX, sizeof(*file->lines));
	while (file->lines && at && *at && file->count < LINES_MAX) {
		char *end = strchr(at, '\n');

		file->lines[file->count++] = at;
		if (end)
			*end++ = 0;
		at = end;
	}
	if (file->lines && file->count) {
		char **fit = realloc(file->lines, file->count * sizeof(*fit));

		if (fit)
			file->lines = fit;
	}
}

/* A file that cannot be read is kept, empty, so that it is tried once. */
static void file_load(const struct cpython_source *source, struct source_file *file)
{
	FILE *in = file_open(source, file->name);
	size_t n;

	if (!in)
		return;
	file->text = malloc(FILE_MAX + 1);
	if (file->text) {
		char *fit;

		n = fread(file->text, 1, FILE_MAX, in);
		file->text[n] = 0;
		fit = realloc(file->text, n + 1);
		if (fit)
			file->text = fit;
		file_split(file);
	}
	fclose(in);
}

/* The folder of the standard library: its extension modules lie in one of its folders. */
static void library_find(struct cpython_source *source)
{
	char path[64], line[4200], *start, *end = NULL;
	FILE *maps;

	if (source->library)
		return;
	snprintf(path, sizeof(path), "/proc/%u/maps", source->pid);
	maps = fopen(path, "re");
	while (maps && !end && fgets(line, sizeof(line), maps))
		end = strstr(line, "/lib-dynload/");
	if (maps)
		fclose(maps);
	start = end ? strchr(line, '/') : NULL;
	if (start)
		source->library = strndup(start, end - start);
}

static struct source_file *file_find(struct cpython_source *source, const char *name)
{
	struct source_file *file;

	for (file = source->files; file; file = file->next)
		if (!strcmp(file->name, name))
			return file;
	if (source->file_count >= FILES)
		return NULL;
	file = calloc(1, sizeof(*file));
	if (!file)
		return NULL;
	file->name = strdup(name);
	if (!file->name) {
		free(file);
		return NULL;
	}
	library_find(source); /* while the process is there to tell */
	file_load(source, file);
	file->next = source->files;
	source->files = file;
	source->file_count++;
	return file;
}

/* The path of a module that is frozen into the interpreter: `<frozen importlib._bootstrap>`. */
static bool frozen_path(const struct cpython_source *source, const char *name, char *out,
                        size_t size)
{
	const char *module = name + strlen(frozen);
	size_t n = source->library ? strlen(source->library) : 0;

	if (!n || n + strlen(module) + sizeof("/.py") > size)
		return false;
	memcpy(out, source->library, n);
	out[n++] = '/';
	for (; *module && *module != '>'; module++)
		out[n++] = *module == '.' ? '/' : *module;
	memcpy(out + n, ".py", sizeof(".py"));
	return true;
}

static struct source_file *file_get(struct cpython_source *source, const char *name)
{
	char path[4200];

	if (strncmp(name, frozen, strlen(frozen)) != 0)
		return file_find(source, name);
	library_find(source);
	return frozen_path(source, name, path, sizeof(path)) ? file_find(source, path) : NULL;
}

const char *cpython_source_line(struct cpython_source *source, const char *file, uint32_t line)
{
	struct source_file *f;

	if (source->lines.line)
		return source->lines.line(source->lines.context, file, line);
	f = file_get(source, file);
	return f && line && line <= f->count ? f->lines[line - 1] : NULL;
}
