/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * join_watch.c - see join_watch.h.
 *
 * Which windows are worth watching: those from which a finding could follow
 * if the cell changed. What is written as a constant is a flag, whose last
 * writer wins; a guard that found something there, and puts something else in
 * its place, decides nothing about it.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "join_watch.h"
#include "join_model.h"
#include "join_proof.h"
#include "source/lint_rules/lint_model_parts.h"

/* The clock of starts ticks in 10 ms; an interpreter needs longer to read its first source file. */
#define START_NS 10000000

/* Of one program. */
struct watch_model {
	struct watch_model *next;
	struct lint_model *model;
	struct aw_watch_window *windows;
	struct aw_watch_writer *writers;
	size_t count, writer_count;
	struct join_program program;
	struct join_proof_stops stops; /* of the lock that was asked about last */
	char *root, *doubt;
	char **others;
};

struct join_watch {
	struct watch_model *models;
};

struct join_watch *join_watch_new(void)
{
	return calloc(1, sizeof(struct join_watch));
}

static void paths_free(char **paths, size_t count)
{
	for (size_t i = 0; paths && i < count; i++)
		free(paths[i]);
	free(paths);
}

void join_watch_free(struct join_watch *watch)
{
	struct watch_model *next;

	if (!watch)
		return;
	for (struct watch_model *m = watch->models; m; m = next) {
		next = m->next;
		free(m->windows);
		free(m->writers);
		paths_free(m->others, m->program.other_count);
		free(m->root);
		free(m->doubt);
		join_proof_stops_fini(&m->stops);
		join_model_close(m->model);
		free(m);
	}
	free(watch);
}

static bool is_worth(const struct lint_window *w)
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
	case LINT_AWAIT_EXPRESSION:
		return AW_WATCH_EXPRESSION;
	case LINT_AWAIT_ENTER:
		return AW_WATCH_ENTER;
	case LINT_AWAIT_EXIT:
		return AW_WATCH_EXIT;
	default:
		return AW_WATCH_OTHER;
	}
}

static struct aw_watch_window window_of(const struct lint_window *w, const char *root)
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
	const struct lint_window *windows = lint_model_windows(watch->model, &count);

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
	const struct lint_writer *writers = lint_model_writers(watch->model, &count);

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

/* A file that changed after the process began need not be what it runs. A change of its place
 * (another was moved over it) counts, which its time of modification would not tell. */
static bool is_newer(const char *path, uint64_t started)
{
	struct stat st;

	return stat(path, &st) ||
	       (uint64_t)st.st_ctim.tv_sec * 1000000000 + (uint64_t)st.st_ctim.tv_nsec >
	               started + START_NS;
}

/* What makes the source as a whole no ground for a proof, to be freed; NULL: nothing. */
static int doubt_find(const struct aw_watch_program *program, char **paths, char **out)
{
	int n = 0;

	*out = NULL;
	if (program->unread)
		n = asprintf(out, "what was loaded was not all read: %s", program->unread);
	else if (!program->started)
		n = asprintf(out, "when the process began is not known, so its files may be newer");
	for (size_t i = 0; !n && i < program->count; i++)
		if (is_newer(paths[i], program->started))
			n = asprintf(out, "%s changed after the process began", program->files[i]);
	return n < 0 ? -ENOMEM : 0;
}

static int program_keep(struct watch_model *watch, const struct aw_watch_program *program,
                        char **paths)
{
	int err = doubt_find(program, paths, &watch->doubt);

	if (err)
		return err;
	watch->root = strdup(program->root);
	watch->others = paths_make("", program->others, program->other_count);
	if (!watch->root || !watch->others)
		return -ENOMEM;
	watch->program = (struct join_program){
		.root = watch->root,
		.others = (const char *const *)watch->others,
		.other_count = program->other_count,
		.doubt = watch->doubt,
	};
	return 0;
}

int join_watch_windows(void *context, const struct aw_watch_program *program, struct aw_watch *out)
{
	struct join_watch *all = context;
	struct watch_model *watch = calloc(1, sizeof(*watch));
	const char *root = program->root;
	size_t count = program->count;
	char **paths = paths_make(root, program->files, count);
	struct join_options options = {.paths = (const char *const *)paths, .path_count = count};
	int err = paths && watch ? 0 : -ENOMEM;

	if (watch) {
		watch->next = all->models;
		all->models = watch;
	}
	if (!err && count)
		err = join_model_open(&options, &watch->model);
	if (!err && watch->model)
		err = windows_take(watch, root);
	if (!err && watch->model)
		err = writers_take(watch, root);
	if (!err)
		err = program_keep(watch, program, paths);
	paths_free(paths, count);
	if (err)
		return err;
	*out = (struct aw_watch){watch->windows, watch->count, watch->writers, watch->writer_count};
	return 0;
}

/* Has the program at this root been read again since, with more loaded? */
static bool is_superseded(const struct join_watch *all, const struct watch_model *model)
{
	for (const struct watch_model *m = all->models; m != model; m = m->next)
		if (m->root && !strcmp(m->root, model->root))
			return true;
	return false;
}

void join_watch_source(void *watch, const struct report_lock *lock, struct report_source *out)
{
	const struct join_watch *all = watch;

	*out = (struct report_source){.why = "its source was not read"};
	for (struct watch_model *m = all->models; m; m = m->next) {
		struct report_source source;

		if (!m->model || !m->root || is_superseded(all, m))
			continue;
		join_proof_lock(m->model, &m->program, lock, &m->stops, &source);
		/* Of several programs that have the lock each must prove it. */
		if (!out->read || (source.read && !source.proven))
			*out = source;
	}
}
