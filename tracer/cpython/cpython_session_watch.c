/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_session_watch.c - see cpython_session_watch.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cpython_cells.h"
#include "cpython_fact_log.h"
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

static size_t others_choose(const struct cpython_modules *modules, const char **files)
{
	size_t count = 0;

	for (size_t i = 0; i < modules->other_count && count < FILES_MAX; i++)
		if (!cpython_modules_standard(modules, modules->others[i]))
			files[count++] = modules->others[i];
	return count;
}

static const char *unread_text(const struct cpython_modules *modules, size_t count, size_t others)
{
	if (modules->nameless)
		return "the program itself, which has no file";
	if (count == FILES_MAX || others == FILES_MAX)
		return "modules beyond the first 4096";
	return modules->library ? NULL : "which of its modules are the standard library's";
}

/* Clock ticks after boot, as a time of the files' clock. 0: not known. */
static uint64_t real_time(uint64_t ticks)
{
	long rate = sysconf(_SC_CLK_TCK);
	struct timespec real, boot;

	if (!ticks || rate <= 0 || clock_gettime(CLOCK_REALTIME, &real) ||
	    clock_gettime(CLOCK_BOOTTIME, &boot))
		return 0;
	return (uint64_t)(real.tv_sec - boot.tv_sec) * 1000000000 + (uint64_t)real.tv_nsec -
	       (uint64_t)boot.tv_nsec + ticks * (1000000000 / (uint64_t)rate);
}

static int windows_make(struct cpython_watch *w, const struct cpython_modules *modules,
                        struct aw_watch *out)
{
	const char **files = calloc(FILES_MAX, sizeof(*files));
	const char **others = calloc(FILES_MAX, sizeof(*others));
	struct aw_watch_program program = {.files = files, .others = others};
	char root[32];
	int error = files && others ? 0 : -ENOMEM;

	snprintf(root, sizeof(root), "/proc/%d/root", (int)w->options.pid);
	if (!error) {
		program.root = root;
		program.count = files_choose(modules, files);
		program.other_count = others_choose(modules, others);
		program.started = real_time(w->options.start_time);
		program.unread = unread_text(modules, program.count, program.other_count);
		error = w->options.fn(w->options.context, &program, out);
	}
	free(files);
	free(others);
	return error;
}

static int watch_start(struct cpython_watch *w)
{
	const struct cpython_watch_options *o = &w->options;
	struct cpython_cells_options options = {
		.memory = *cpython_translate_memory(o->translator),
		.function = o->target->function,
		.await_fn = await_tell,
		.attribute_fn = attribute_tell,
		.context = w,
	};
	struct aw_watch watch = {0};
	int error = o->cells ? cpython_cells_new(&options, &w->cells) : 0;

	if (!error)
		error = cpython_modules_read(&w->modules, &o->memory, o->target->interpreter);
	if (!error)
		error = windows_make(w, &w->modules, &watch);
	if (!error && w->cells)
		cpython_fact_log_cells(o->log, o->target->function, &watch, &w->modules);
	if (!error && w->cells)
		error = cpython_cells_load(w->cells, &watch, &w->modules,
		                           cpython_translate_codes(o->translator));
	if (error || !watch.count || !w->cells)
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

void cpython_watch_again(struct cpython_watch *w)
{
	const struct cpython_watch_options *o = &w->options;
	struct cpython_modules now = {0};
	struct aw_watch watch = {0};

	if (!cpython_modules_read(&now, &o->memory, o->target->interpreter) &&
	    now.count + now.other_count > w->modules.count + w->modules.other_count)
		windows_make(w, &now, &watch);
	cpython_modules_fini(&now);
}

bool cpython_watch_sees(const struct cpython_watch *w)
{
	return w && w->cells;
}

void cpython_watch_close(struct cpython_watch *w)
{
	if (!w)
		return;
	cpython_cells_free(w->cells);
	cpython_modules_fini(&w->modules);
	free(w);
}
