/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_source.c - see cpython_source.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	uint32_t pid;
	struct source_file *files;
	size_t file_count;
};

int cpython_source_new(uint32_t pid, struct cpython_source **out)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	(*out)->pid = pid;
	return 0;
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
	free(source);
}

static FILE *file_open(uint32_t pid, const char *name)
{
	char path[4200];
	int n;

	if (!pid)
		return fopen(name, "re");
	if (name[0] == '/')
		n = snprintf(path, sizeof(path), "/proc/%u/root%s", pid, name);
	else
		n = snprintf(path, sizeof(path), "/proc/%u/cwd/%s", pid, name);
	return n > 0 && (size_t)n < sizeof(path) ? fopen(path, "re") : NULL;
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
static void file_load(struct source_file *file, uint32_t pid)
{
	FILE *in = file_open(pid, file->name);
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
	file_load(file, source->pid);
	file->next = source->files;
	source->files = file;
	source->file_count++;
	return file;
}

/* The folder of the standard library: its extension modules lie in one of its folders. */
static bool library_find(uint32_t pid, char *out, size_t size)
{
	char path[64], line[4200], *start, *end = NULL;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	maps = fopen(path, "re");
	while (maps && !end && fgets(line, sizeof(line), maps))
		end = strstr(line, "/lib-dynload/");
	if (maps)
		fclose(maps);
	start = end ? strchr(line, '/') : NULL;
	if (!start || (size_t)(end - start) >= size)
		return false;
	memcpy(out, start, end - start);
	out[end - start] = 0;
	return true;
}

/* The path of a module that is frozen into the interpreter: `<frozen importlib._bootstrap>`. */
static bool frozen_path(const struct cpython_source *source, const char *name, char *out,
                        size_t size)
{
	const char *module = name + strlen(frozen);
	size_t n;

	if (!library_find(source->pid, out, size))
		return false;
	n = strlen(out);
	if (n + strlen(module) + sizeof("/.py") > size)
		return false;
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
	return frozen_path(source, name, path, sizeof(path)) ? file_find(source, path) : NULL;
}

const char *cpython_source_line(struct cpython_source *source, const char *file, uint32_t line)
{
	struct source_file *f = file_get(source, file);

	return f && line && line <= f->count ? f->lines[line - 1] : NULL;
}
