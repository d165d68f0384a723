/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_load.c - finds a program's files, reads them and lowers those that matter, in parallel.
 *
 * A file matters if an asynchronous word is in it; others are lowered when the
 * linking asks for them (program_load_wanted).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program_load.h"
#include "language.h"
#include "base/bytes_hash.h"
#include "base/escape.h"
#include "base/fault.h"
#include "base/plain_file.h"
#include "source/tree/tree_cache.h"

#define TEXT_MAX  (64u << 20)
#define DEPTH_MAX 64u /* folders in folders */

static bool skipped_folder(const struct language *language, const char *name)
{
	if (name[0] == '.')
		return true;
	for (size_t i = 0; language->skipped[i]; i++)
		if (!strcmp(name, language->skipped[i]))
			return true;
	return false;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

static void file_add(struct program *p, const char *path)
{
	uint32_t id = program_push(p, &p->files);
	struct program_file *f = &p->files.at[id];

	if (!id)
		return;
	f->path = strdup(path);
	if (!f->path)
		p->err = -ENOMEM;
	f->is_init = ends_with(path, p->language->package);
}

static bool excluded(const struct program_load *load, const char *path)
{
	for (size_t i = 0; i < load->exclude_count; i++)
		if (strstr(path, load->exclude[i]))
			return true;
	return false;
}

/* Names the path that could not be read. Returns `code`. */
static int path_fault(const struct program_load *load, const char *path, int code)
{
	char safe[ESCAPE_ROOM(200)];
	size_t n = strlen(path);

	escape_string(safe, sizeof(safe), n > 160 ? path + n - 160 : path);
	return fault_set(load->fault, code, "%s%.190s: %s", n > 160 ? "..." : "", safe,
	                 code == -ELOOP ? "more than 64 folders deep" : strerror(-code));
}

static int folder_walk(struct program *p, const struct program_load *load, const char *path,
                       unsigned int depth);

static int entry_take(struct program *p, const struct program_load *load, const char *folder,
                      const struct dirent *e, unsigned int depth)
{
	char full[4096];
	const char *suffix = p->language->suffix;
	unsigned char type = e->d_type;
	struct stat st;
	bool source;

	if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
		return 0;
	if (snprintf(full, sizeof(full), "%s/%s", folder, e->d_name) >= (int)sizeof(full))
		return path_fault(load, folder, -ENAMETOOLONG);
	if (excluded(load, full))
		return 0;
	if (type == DT_UNKNOWN && !lstat(full, &st))
		type = S_ISDIR(st.st_mode) ? DT_DIR : S_ISREG(st.st_mode) ? DT_REG : type;
	source = ends_with(e->d_name, suffix) && strlen(e->d_name) > strlen(suffix);
	if (type == DT_DIR && !skipped_folder(p->language, e->d_name))
		return folder_walk(p, load, full, depth + 1);
	if (type != DT_REG || !source)
		return 0;
	if (faccessat(AT_FDCWD, full, R_OK, AT_EACCESS))
		return path_fault(load, full, -errno);
	file_add(p, full);
	return 0;
}

static int folder_walk(struct program *p, const struct program_load *load, const char *path,
                       unsigned int depth)
{
	struct dirent *e;
	DIR *dir;
	int err = 0;

	if (depth >= DEPTH_MAX)
		return path_fault(load, path, -ELOOP);
	dir = opendir(path);
	if (!dir)
		return path_fault(load, path, -errno);
	while (!err && !p->err && (e = readdir(dir)))
		err = entry_take(p, load, path, e, depth);
	closedir(dir);
	return err;
}

static int by_path(const void *a, const void *b)
{
	const struct program_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

int program_load_find(struct program *p, const struct program_load *load)
{
	uint32_t unique = 1;
	int err = 0;

	for (size_t i = 0; i < load->path_count && !err; i++) {
		char path[4096];
		size_t n = strlen(load->paths[i]);
		struct stat st;

		if (!n || n >= sizeof(path))
			return -ENAMETOOLONG;
		memcpy(path, load->paths[i], n + 1);
		while (n > 1 && path[n - 1] == '/')
			path[--n] = '\0';
		if (stat(path, &st))
			return -errno;
		if (S_ISDIR(st.st_mode))
			err = folder_walk(p, load, path, 0);
		else
			file_add(p, path);
	}
	if (err || p->err || p->files.count < 2)
		return err ? err : p->err;
	qsort(p->files.at + 1, p->files.count - 1, sizeof(*p->files.at), by_path);
	for (uint32_t i = 2; i < p->files.count; i++) {
		if (!strcmp(p->files.at[i].path, p->files.at[unique].path)) {
			free(p->files.at[i].path);
			continue;
		}
		p->files.at[++unique] = p->files.at[i];
	}
	p->files.count = unique + 1;
	return 0;
}

static int file_read(struct program_file *f)
{
	struct stat st;
	int fd = plain_file_open(f->path);
	size_t at = 0;
	ssize_t n = 1;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > TEXT_MAX) {
		close(fd);
		return st.st_size > TEXT_MAX ? -EFBIG : -EINVAL;
	}
	f->text = malloc((size_t)st.st_size + 1);
	while (f->text && at < (size_t)st.st_size &&
	       (n = read(fd, f->text + at, (size_t)st.st_size - at)) > 0)
		at += (size_t)n;
	close(fd);
	if (!f->text)
		return -ENOMEM;
	if (n < 0)
		return -EIO;
	f->size = at;
	return 0;
}

static bool has_words(const struct program_file *f, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		if (memmem(f->text, f->size, words[i], strlen(words[i])))
			return true;
	return false;
}

struct work {
	struct program *p;
	const struct program_load *load;
	atomic_uint next;
	bool wanted; /* only those in p->wanted, whatever is in them */
};

static void file_lower(struct work *w, void *parser, struct program_file *f)
{
	const char *cache = w->load->cache;

	f->hash = cache ? bytes_hash(f->text, f->size) : 0;
	if (cache && !tree_cache_load(cache, f->hash, f->size, &f->tree))
		return;
	f->err = w->p->language->parse(parser, f->text, f->size, &f->tree);
	if (!f->err && cache)
		tree_cache_store(cache, f->hash, f->size, f->tree);
}

static void *worker(void *arg)
{
	struct work *w = arg;
	const struct language *language = w->p->language;
	void *parser;
	int err = language->parser_new(&parser);
	uint32_t i;

	while ((i = atomic_fetch_add(&w->next, 1)) < w->p->files.count) {
		struct program_file *f = &w->p->files.at[i];

		if (f->tree || (w->wanted && !program_map_get(&w->p->wanted, i, 0)))
			continue;
		f->err = err ? err : file_read(f);
		if (!f->err && (w->wanted || has_words(f, language->words)))
			file_lower(w, parser, f);
		if (!f->tree || (!f->tree->error_line && !f->tree->too_deep)) {
			free(f->text);
			f->text = NULL;
		}
	}
	language->parser_free(parser);
	return NULL;
}

/* Strings of one file become strings of the program. */
static void names_join(struct program *p, struct program_file *f)
{
	struct tree *t = f->tree;
	uint32_t *ids = malloc((size_t)t->string_count * sizeof(*ids));

	f->parent = calloc(t->node_count, sizeof(*f->parent));
	f->owner = calloc(t->node_count, sizeof(*f->owner));
	if (!ids || !f->parent || !f->owner) {
		free(ids);
		p->err = -ENOMEM;
		return;
	}
	for (uint32_t i = 0; i < t->string_count; i++)
		ids[i] = program_intern_text(p, tree_string(t, i));
	for (uint32_t i = 0; i < t->node_count; i++)
		t->nodes[i].name = ids[t->nodes[i].name];
	for (uint32_t i = 0; i < t->waiver_count; i++)
		t->waivers[i].text = ids[t->waivers[i].text];
	free(ids);
	free(t->bytes);
	free(t->string_at);
	t->bytes = NULL;
	t->string_at = NULL;
}

static int load_all(struct program *p, const struct program_load *load, bool wanted)
{
	struct work w = {.p = p, .load = load, .wanted = wanted};
	unsigned int threads = load->threads ? load->threads : 1, started = 0;
	pthread_t ids[16];

	atomic_init(&w.next, 1);
	for (; started + 1 < threads && started < 16; started++)
		if (pthread_create(&ids[started], NULL, worker, &w))
			break;
	worker(&w);
	while (started)
		pthread_join(ids[--started], NULL);
	for (uint32_t i = 1; i < p->files.count && !p->err; i++)
		if (p->files.at[i].tree && !p->files.at[i].parent)
			names_join(p, &p->files.at[i]);
	return p->err;
}

int program_load(struct program *p, const struct program_load *load)
{
	return load_all(p, load, false);
}

int program_load_wanted(struct program *p, const struct program_load *load)
{
	return load_all(p, load, true);
}

/* Is the word there as an attribute or in a string? Any other place, if not `attribute`. */
static bool mentions(const struct program_file *f, const char *word, bool attribute)
{
	const char *at = f->text, *end = f->text + f->size;
	size_t n = strlen(word);

	while ((at = memmem(at, end - at, word, n))) {
		if (!attribute || (at > f->text && strchr(".\"'", at[-1])))
			return true;
		at += n;
	}
	return false;
}

int program_load_mentions(struct program *p, const char *word, bool attribute, bool *more)
{
	for (uint32_t i = 1; i < p->files.count; i++) {
		struct program_file *f = &p->files.at[i];

		if (f->tree || f->err || program_map_get(&p->wanted, i, 0))
			continue;
		f->err = file_read(f);
		if (!f->err && mentions(f, word, attribute)) {
			program_map_set(p, &p->wanted, i, 0, 1);
			*more = true;
		}
		free(f->text);
		f->text = NULL;
	}
	return p->err;
}
