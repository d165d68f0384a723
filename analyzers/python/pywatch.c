/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pywatch.c - see pywatch.h.
 *
 * Which windows are worth watching: those from which a finding could follow
 * if the cell changed. What is written as a constant is a flag, whose last
 * writer wins; a guard that found something there, and puts something else in
 * its place, decides nothing about it.
 */
#include "pywatch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pymodel.h"

/* Of one program. */
struct watch_model {
	struct watch_model *next;
	struct pymodel *model;
	struct aw_watch_window *windows;
	struct aw_watch_writer *writers;
	size_t count, writer_count;
};

struct pywatch {
	struct watch_model *models;
};

struct pywatch *pywatch_new(void)
{
	return calloc(1, sizeof(struct pywatch));
}

void pywatch_free(struct pywatch *watch)
{
	struct watch_model *next;

	if (!watch)
		return;
	for (struct watch_model *m = watch->models; m; m = next) {
		next = m->next;
		free(m->windows);
		free(m->writers);
		pymodel_close(m->model);
		free(m);
	}
	free(watch);
}

static bool is_worth(const struct pywindow *w)
{
	if (!w->guards)
		return true;
	return w->empty && !w->constant && !w->raises && !w->removes;
}

/* The name of a file as the program knows it. */
static const char *inside(const char *root, const char *file)
{
	size_t length = strlen(root);

	return strncmp(file, root, length) ? file : file + length;
}

static uint32_t await_of(uint8_t kind)
{
	switch (kind) {
	case PYAWAIT_EXPRESSION:
		return AW_WATCH_EXPRESSION;
	case PYAWAIT_ENTER:
		return AW_WATCH_ENTER;
	case PYAWAIT_EXIT:
		return AW_WATCH_EXIT;
	default:
		return AW_WATCH_OTHER;
	}
}

static struct aw_watch_window window_of(const struct pywindow *w, const char *root)
{
	return (struct aw_watch_window){
		.group = w->group,
		.nth = w->nth,
		.file = inside(root, w->file),
		.function = w->function,
		.first_line = w->first_line,
		.await_line = w->await_line,
		.await_column = w->await_col,
		.await_kind = await_of(w->await_kind),
		.flags = (w->guards ? AW_WATCH_GUARD : 0) | (w->adds ? AW_WATCH_ADDS : 0) |
	                 (w->always ? AW_WATCH_ALWAYS : 0) | (w->removes ? AW_WATCH_REMOVES : 0) |
	                 (w->content ? AW_WATCH_CONTENT : 0) | (w->iterates ? AW_WATCH_ITERATE : 0),
		.path = w->path,
		.object = w->object,
		.read_line = w->read_line,
		.write_line = w->write_line,
		.write_file = inside(root, w->write_file),
		.write_function = w->write_function,
	};
}

/* The path pass meets what is in a loop twice, and an await on several ways. */
static bool is_known(const struct watch_model *watch, const struct aw_watch_window *w)
{
	for (size_t i = 0; i < watch->count; i++) {
		const struct aw_watch_window *k = &watch->windows[i];

		if (k->read_line == w->read_line && k->write_line == w->write_line &&
		    k->await_line == w->await_line && k->await_column == w->await_column &&
		    k->await_kind == w->await_kind && k->flags == w->flags &&
		    !strcmp(k->path, w->path) && !strcmp(k->file, w->file))
			return true;
	}
	return false;
}

static int windows_take(struct watch_model *watch, const char *root)
{
	size_t count;
	const struct pywindow *windows = pymodel_windows(watch->model, &count);

	watch->windows = calloc(count + 1, sizeof(*watch->windows));
	if (!watch->windows)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct aw_watch_window w = window_of(&windows[i], root);

		if (is_worth(&windows[i]) && !is_known(watch, &w))
			watch->windows[watch->count++] = w;
	}
	return 0;
}

static int writers_take(struct watch_model *watch, const char *root)
{
	size_t count;
	const struct pywriter *writers = pymodel_writers(watch->model, &count);

	watch->writers = calloc(count + 1, sizeof(*watch->writers));
	if (!watch->writers)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		watch->writers[i] = (struct aw_watch_writer){
			.file = inside(root, writers[i].file),
			.function = writers[i].function,
			.path = writers[i].path,
			.line = writers[i].line,
		};
	watch->writer_count = count;
	return 0;
}

static void paths_free(char **paths, size_t count)
{
	for (size_t i = 0; paths && i < count; i++)
		free(paths[i]);
	free(paths);
}

/* The files as this process opens them; NULL: out of memory. */
static char **paths_make(const char *root, const char *const *files, size_t count)
{
	char **paths = calloc(count + 1, sizeof(*paths));

	for (size_t i = 0; paths && i < count; i++)
		if (asprintf(&paths[i], "%s%s", root, files[i]) < 0) {
			paths[i] = NULL;
			paths_free(paths, count);
			return NULL;
		}
	return paths;
}

int pywatch_windows(void *context, const char *root, const char *const *files, size_t count,
                    struct aw_watch *out)
{
	struct pywatch *all = context;
	struct watch_model *watch = calloc(1, sizeof(*watch));
	char **paths = paths_make(root, files, count);
	struct pymodel_options options = {.paths = (const char *const *)paths, .path_count = count};
	int err = paths && watch ? 0 : -ENOMEM;

	if (watch) {
		watch->next = all->models;
		all->models = watch;
	}
	if (!err && count)
		err = pymodel_open(&options, &watch->model);
	if (!err && watch->model)
		err = windows_take(watch, root);
	if (!err && watch->model)
		err = writers_take(watch, root);
	paths_free(paths, count);
	if (err)
		return err;
	*out = (struct aw_watch){watch->windows, watch->count, watch->writers, watch->writer_count};
	return 0;
}
