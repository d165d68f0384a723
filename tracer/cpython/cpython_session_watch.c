/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_session_watch.c - see cpython_session_watch.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cpython_cells.h"
#include "cpython_session_watch.h"

enum { FILES_MAX = 4096 };

struct cpython_watch {
	struct cpython_watch_options options;
	struct cpython_modules modules;
	struct cpython_cells *cells;
};

static int await_tell(void *context, const struct cpython_await_key *key,
                      const struct cpython_await_value *value)
{
	struct cpython_watch *w = context;

	return cpython_attachment_await(w->options.attachment, key, value);
}

static int attribute_tell(void *context, const struct cpython_attribute_key *key,
                          const struct cpython_attribute_value *value)
{
	struct cpython_watch *w = context;

	return cpython_attachment_attribute(w->options.attachment, key, value);
}

/* The target's own files; what its standard library does is not its to mend. */
static size_t files_choose(const struct cpython_modules *modules, const char **files)
{
	size_t count = 0;

	for (size_t i = 0; i < modules->count && count < FILES_MAX; i++)
		if (!cpython_modules_standard(modules, modules->at[i].file))
			files[count++] = modules->at[i].file;
	return count;
}

static int windows_make(struct cpython_watch *w, struct aw_watch *out)
{
	const char **files = calloc(FILES_MAX, sizeof(*files));
	char root[32];
	size_t count;
	int error = files ? 0 : -ENOMEM;

	snprintf(root, sizeof(root), "/proc/%d/root", (int)w->options.pid);
	if (!error) {
		count = files_choose(&w->modules, files);
		error = w->options.fn(w->options.context, root, files, count, out);
	}
	free(files);
	return error;
}

static int watch_start(struct cpython_watch *w)
{
	const struct cpython_watch_options *o = &w->options;
	struct cpython_cells_options options = {
		.memory = o->memory,
		.function = o->target->function,
		.await_fn = await_tell,
		.attribute_fn = attribute_tell,
		.context = w,
	};
	struct aw_watch watch = {0};
	int error = cpython_cells_new(&options, &w->cells);

	if (!error)
		error = cpython_modules_read(&w->modules, &o->memory, o->target->interpreter);
	if (!error)
		error = windows_make(w, &watch);
	if (!error)
		error = cpython_cells_load(w->cells, &watch, &w->modules,
		                           cpython_translate_codes(o->translator));
	if (error || !watch.count)
		return error;
	o->target->cells = 1;
	cpython_translate_cells(o->translator, w->cells);
	return cpython_attachment_target(o->attachment, 0, o->pid, o->target);
}

int cpython_watch_open(const struct cpython_watch_options *options, struct cpython_watch **out)
{
	struct cpython_watch *w = calloc(1, sizeof(*w));
	int error;

	*out = NULL;
	if (!w)
		return -ENOMEM;
	w->options = *options;
	error = watch_start(w);
	if (error) {
		cpython_translate_cells(options->translator, NULL);
		cpython_watch_close(w);
		return error;
	}
	*out = w;
	return 0;
}

void cpython_watch_close(struct cpython_watch *w)
{
	if (!w)
		return;
	cpython_cells_free(w->cells);
	cpython_modules_fini(&w->modules);
	free(w);
}
