/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_modules.c - which file an import means.
 *
 * A file's module is known by its path alone: a relative import goes by
 * folders, an absolute one matches the last components of a path, if what is
 * before them is not itself a package. Of several, the one that shares most of
 * its path with the importing file is taken.
 */
#include <stdio.h>
#include <string.h>

#include "python.h"
#include "source/program/program.h"
#include "source/program/program_attribute.h"

/* Names that always mean the installed library, though a file of the program may be called so. */
static const char *const outside[] = {"asyncio",    "threading",      "anyio",       "trio",
                                      "typing",     "functools",      "types",       "queue",
                                      "abc",        "contextlib",     "collections", "logging",
                                      "concurrent", "multiprocessing"};

/* The path without its ending; for a package, its folder. Gives its length. */
static size_t module_path(const struct program_file *f)
{
	size_t n = strlen(f->path);

	if (f->is_init)
		return n > 12 ? n - 12 : 0; /* /__init__.py */
	return n > 3 ? n - 3 : 0;           /* .py */
}

static const char *last_component(const char *path, size_t n, size_t *size)
{
	size_t at = n;

	while (at && path[at - 1] != '/')
		at--;
	*size = n - at;
	return path + at;
}

static bool package_at(struct program *p, const char *folder, size_t n)
{
	size_t size;
	const char *last = last_component(folder, n, &size);
	uint32_t name = program_intern(p, last, size);
	uint32_t file;

	for (uint32_t i = 0; (file = program_map_get(&p->modules, name, i)); i++) {
		const struct program_file *f = &p->files.at[file];

		if (f->is_init && module_path(f) == n && !strncmp(f->path, folder, n))
			return true;
	}
	return false;
}

void python_modules_link(struct program *p)
{
	for (uint32_t i = 1; i < p->files.count; i++) {
		struct program_file *f = &p->files.at[i];
		size_t n = module_path(f), size;
		const char *last = last_component(f->path, n, &size);
		uint32_t name = program_intern(p, last, size), nth = 0;

		while (program_map_get(&p->modules, name, nth))
			nth++;
		program_map_set(p, &p->modules, name, nth, i);
	}
	for (uint32_t i = 1; i < p->files.count; i++) {
		struct program_file *f = &p->files.at[i];
		size_t n = module_path(f), at, size;
		char dotted[512];
		size_t used;

		last_component(f->path, n, &size);
		at = n - size;
		f->in_package = at && package_at(p, f->path, at - 1);
		while (at && package_at(p, f->path, at - 1)) {
			last_component(f->path, at - 1, &size);
			at -= size + 1;
		}
		used = n - at < sizeof(dotted) ? n - at : sizeof(dotted) - 1;
		memcpy(dotted, f->path + at, used);
		for (size_t k = 0; k < used; k++)
			if (dotted[k] == '/')
				dotted[k] = '.';
		f->module = program_intern(p, dotted, used);
	}
}

static size_t shared_prefix(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] && a[n] == b[n])
		n++;
	return n;
}

/* Of the files whose module path ends with `suffix` (slashes): the nearest; 0: none. */
static uint32_t find_by_suffix(struct program *p, uint32_t from, const char *suffix, size_t size,
                               size_t exact)
{
	size_t last_size, best_shared = 0;
	const char *last = last_component(suffix, size, &last_size);
	uint32_t name = program_intern(p, last, last_size), file, best = 0;

	for (uint32_t i = 0; (file = program_map_get(&p->modules, name, i)); i++) {
		const struct program_file *f = &p->files.at[file];
		size_t n = module_path(f), shared;

		if (n < size || strncmp(f->path + n - size, suffix, size) != 0)
			continue;
		if (exact) {
			if (n == size)
				return file;
			continue;
		}
		if (n > size && f->path[n - size - 1] != '/')
			continue;
		if (n > size && package_at(p, f->path, n - size - 1))
			continue;
		shared = shared_prefix(f->path, p->files.at[from].path) + 1;
		if (shared > best_shared) {
			best_shared = shared;
			best = file;
		}
	}
	return best;
}

uint32_t python_module_find(struct program *p, uint32_t from, uint32_t dotted)
{
	const char *text = program_text(p, dotted);
	const struct program_file *f = &p->files.at[from];
	char path[1024];
	size_t base = 0, n;
	unsigned int dots = 0;

	while (text[dots] == '.')
		dots++;
	for (size_t i = 0; !dots && i < sizeof(outside) / sizeof(*outside); i++) {
		size_t size = strlen(outside[i]);

		if (!strncmp(text, outside[i], size) && (!text[size] || text[size] == '.'))
			return 0;
	}
	if (dots) {
		size_t size;

		base = module_path(f);
		if (base >= sizeof(path))
			return 0;
		for (unsigned int up = f->is_init ? 1 : 0; up < dots; up++) {
			last_component(f->path, base, &size);
			base -= size;
			if (base)
				base--;
		}
		memcpy(path, f->path, base);
	}
	n = strlen(text + dots);
	if (base + n + 2 > sizeof(path))
		return 0;
	if (dots && n && base)
		path[base++] = '/';
	for (size_t i = 0; i < n; i++)
		path[base + i] = text[dots + i] == '.' ? '/' : text[dots + i];
	n += base;
	return n ? find_by_suffix(p, from, path, n, dots != 0) : 0;
}

uint32_t python_module_inside(struct program *p, uint32_t package, uint32_t name)
{
	return python_module_find(p, package, program_internf(p, ".%s", program_text(p, name)));
}

struct program_ref python_import(struct program *p, struct program_binding b)
{
	uint32_t module, file;
	struct program_ref ref;

	if (b.kind == BIND_IMPORT) {
		file = python_module_find(p, b.file, b.id);
		return file ? (struct program_ref){REF_MODULE, file, 0}
		            : (struct program_ref){REF_EXTERN, b.id, 0};
	}
	file = python_module_find(p, b.file, b.id);
	if (file && file != b.file) {
		ref = program_attribute_of(p, (struct program_ref){REF_MODULE, file, 0}, b.other);
		if (ref.kind)
			return ref;
	}
	module = program_internf(p, "%s%s%s", program_text(p, b.id),
	                         python_text_ends(program_text(p, b.id), ".") ? "" : ".",
	                         program_text(p, b.other));
	file = file ? 0 : python_module_find(p, b.file, module);
	if (file)
		return (struct program_ref){REF_MODULE, file, 0};
	if (program_text(p, b.id)[0] == '.' || python_module_find(p, b.file, b.id))
		return PROGRAM_REF_UNKNOWN;
	return (struct program_ref){REF_EXTERN, python_canonical(p, module), 0};
}
