/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_source.c - see cpython_source.h.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpython_source.h"

enum { FILES = 4096, LINES_MAX = 200000, FILE_MAX = 8 << 20, NEST_MAX = 32, ITEM_MAX = 256 };

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

static struct source_file *file_get(struct cpython_source *source, const char *name)
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

const char *cpython_source_line(struct cpython_source *source, const char *file, uint32_t line)
{
	struct source_file *f = file_get(source, file);

	return f && line && line <= f->count ? f->lines[line - 1] : NULL;
}

/* What follows `with` on a line, or NULL when it begins no with statement. */
static const char *with_items(const char *line)
{
	line += strspn(line, " \t");
	if (!strncmp(line, "async ", 6))
		line += 6 + strspn(line + 6, " ");
	if (strncmp(line, "with", 4) || (line[4] != ' ' && line[4] != '('))
		return NULL;
	return line + 4 + strspn(line + 4, " ");
}

/* Copies item number `item` of a list at brackets' depth 0, without ` as name`. */
static bool item_copy(const char *items, unsigned item, char *out, size_t size)
{
	unsigned depth = 0;
	size_t n = 0;

	if (*items == '(' && (!strchr(items, ')') || strstr(items, "):")))
		items++; /* a parenthesised list of items */
	for (; *items; items++) {
		if (strchr("([{", *items))
			depth++;
		else if (strchr(")]}", *items)) {
			if (!depth)
				break;
			depth--;
		}
		if (!depth && (*items == ':' || *items == '#'))
			break;
		if (!depth && *items == ',') {
			if (!item)
				break;
			item--;
			continue;
		}
		if (!depth && !item && !strncmp(items, " as ", 4))
			break;
		if (!item && n < size - 1 && (n || *items != ' '))
			out[n++] = *items;
	}
	while (n && out[n - 1] == ' ')
		n--;
	out[n] = 0;
	return n > 0 && !item;
}

static unsigned items_count(const char *items)
{
	char text[ITEM_MAX];
	unsigned n = 0;

	while (n < 16 && item_copy(items, n, text, sizeof(text)))
		n++;
	return n ? n : 1;
}

static const char stack_enter[] = "enter_async_context(";

bool cpython_source_acquires(const char *line)
{
	return strstr(line, ".acquire(") || strstr(line, stack_enter);
}

/* The expression before `.acquire(` on a line, or in `enter_async_context()`. */
static bool acquire_copy(const char *line, char *out, size_t size)
{
	const char *end = strstr(line, ".acquire("), *start = end;
	size_t n;

	if (!end) {
		start = strstr(line, stack_enter);
		return start && item_copy(start + strlen(stack_enter), 0, out, size);
	}
	while (start > line && (isalnum((unsigned char)start[-1]) || strchr("_.[]", start[-1])))
		start--;
	n = end - start;
	if (!n || n >= size)
		return false;
	memcpy(out, start, n);
	out[n] = 0;
	return true;
}

/* The class a function belongs to, by its qualname: `Class.method`, also of a function defined
 * inside a method. Returns its length, 0: none. */
static size_t class_of(const char *function, const char **class)
{
	static const char locals[] = ".<locals>";
	const char *end = function + strlen(function);

	for (;;) {
		const char *start = function, *dot = NULL;

		for (const char *at = function; at < end; at++) {
			if ((size_t)(end - at) > strlen(locals) + 1 &&
			    !strncmp(at, locals, strlen(locals)) && at[strlen(locals)] == '.')
				start = at + strlen(locals) + 1;
		}
		for (const char *at = start; at < end; at++)
			if (*at == '.') {
				if (dot)
					start = dot + 1;
				dot = at;
			}
		if (dot) {
			*class = start;
			return dot - start;
		}
		if (start == function)
			return 0;
		end = start - strlen(locals) - 1;
	}
}

static bool module_defines(struct source_file *file, const char *name, size_t length)
{
	for (uint32_t i = 0; i < file->count; i++) {
		const char *line = file->lines[i];
		const char *rest = line + length;

		if (strncmp(line, name, length))
			continue;
		rest += strspn(rest, " ");
		if (*rest == '=' || *rest == ':')
			return true;
	}
	return false;
}

static void module_name(const char *file, char *out, size_t size)
{
	const char *base = strrchr(file, '/');
	size_t n;

	base = base ? base + 1 : file;
	n = strcspn(base, ".");
	if (n >= size)
		n = size - 1;
	memcpy(out, base, n);
	out[n] = 0;
}

bool cpython_source_lock(struct cpython_source *source, const char *file, uint32_t line,
                         const char *function, unsigned item, char *out, size_t size)
{
	const char *text = cpython_source_line(source, file, line), *items, *class;
	char expression[ITEM_MAX], module[64];
	size_t n;

	if (!text)
		return false;
	items = with_items(text);
	if (items ? !item_copy(items, item, expression, sizeof(expression))
	          : !acquire_copy(text, expression, sizeof(expression)) &&
	                    !item_copy(text + strspn(text, " \t"), 0, expression,
	                               sizeof(expression)))
		return false;
	if (!strncmp(expression, "self.", 5) || !strncmp(expression, "cls.", 4)) {
		n = class_of(function, &class);
		if (n) {
			snprintf(out, size, "%.*s%s", (int)n, class, strchr(expression, '.'));
			return true;
		}
	}
	n = strcspn(expression, ".[( ");
	if (module_defines(file_get(source, file), expression, n)) {
		module_name(file, module, sizeof(module));
		snprintf(out, size, "%s.%s", module, expression);
	} else {
		snprintf(out, size, "%s in %s", expression, function);
	}
	return true;
}

uint32_t cpython_source_with(struct cpython_source *source, const char *file, uint32_t line,
                             unsigned depth, unsigned *item)
{
	const char *text = cpython_source_line(source, file, line), *items;
	size_t indent = text ? strspn(text, " \t") : 0;

	*item = 0;
	for (uint32_t at = line; at && indent; at--) {
		size_t here;

		text = cpython_source_line(source, file, at);
		if (!text)
			return 0;
		here = strspn(text, " \t");
		if (!text[here] || text[here] == '#' || text[here] == ')' || here >= indent)
			continue;
		indent = here;
		items = with_items(text);
		if (items) {
			unsigned count = items_count(items);

			if (depth < count) {
				*item = count - 1 - depth;
				return at;
			}
			depth -= count;
		}
		if (!strncmp(text + here, "def ", 4) || !strncmp(text + here, "async def ", 10))
			return 0;
	}
	return 0;
}
