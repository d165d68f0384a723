/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * join_model.c - makes the model: load, link, run the rules.
 *
 * Linking starts anew whenever it turns out that a file is needed that was not
 * lowered (it defines a base class, or names a lock that seems needless); two
 * or three rounds are usual, and each is short.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/lint_rules/lint_parts.h"
#include "source/program/program_load.h"
#include "source/lint_rules/lint_result.h"

#define ROUNDS 12

static void names_intern(struct program *p)
{
	p->n_self = program_intern_text(p, "self");
	p->n_none = program_intern_text(p, "None");
	p->n_acquire = program_intern_text(p, "acquire");
	p->n_release = program_intern_text(p, "release");
	p->n_locked = program_intern_text(p, "locked");
	p->n_star = program_intern_text(p, "*");
	p->n_init = program_intern_text(p, "__init__");
	p->n_slots = program_intern_text(p, "__slots__");
	p->n_all = program_intern_text(p, "__all__");
}

/* Forgets what was concluded from all files together; what each file has of its own stays. */
static void program_unlink(struct program *p)
{
	struct program_map *maps[] = {&p->attr_refs,     &p->name_refs,    &p->lock_names,
	                              &p->lock_by_place, &p->lock_aliases, &p->lock_alias_names};

	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++)
		program_map_fini(maps[i]);
	program_free_table(&p->sites);
	program_free_table(&p->calls);
	program_free_table(&p->locks);
	program_free_table(&p->uses);
	program_free_table(&p->lists);
	program_free_table(&p->refs);
	for (uint32_t i = 1; i < p->classes.count; i++) {
		struct program_class *c = &p->classes.at[i];

		c->mro_count = c->below_count = 0;
		c->unknown_base = c->unknown_deco = false;
	}
	for (uint32_t i = 1; i < p->funcs.count; i++)
		p->funcs.at[i].suspends = false;
}

static void program_free(struct program *p)
{
	program_unlink(p);
	program_map_fini(&p->bound);
	program_map_fini(&p->modules);
	program_map_fini(&p->stored);
	program_map_fini(&p->wanted);
	program_free_table(&p->scopes);
	program_free_table(&p->bindings);
	program_free_table(&p->funcs);
	program_free_table(&p->classes);
	program_free_table(&p->stars);
	program_free_table(&p->stores);
	for (uint32_t i = 1; i < p->files.count; i++) {
		struct program_file *f = &p->files.at[i];

		tree_free(f->tree);
		free(f->path);
		free(f->text);
		free(f->parent);
		free(f->owner);
	}
	program_free_table(&p->files);
	program_strings_fini(&p->strings);
}

/* Element 0 of a table stands for nothing; it must be there to be looked at. */
#define seed(p, table)                                                                             \
	((table)->count ||                                                                         \
	 !program_table_room(p, &(table)->at, &(table)->cap, 0, sizeof(*(table)->at)) ||           \
	 ((table)->count = 1))

static void program_seed(struct program *p)
{
	bool seeded[] = {seed(p, &p->scopes),  seed(p, &p->bindings), seed(p, &p->funcs),
	                 seed(p, &p->classes), seed(p, &p->sites),    seed(p, &p->calls),
	                 seed(p, &p->locks),   seed(p, &p->uses),     seed(p, &p->lists),
	                 seed(p, &p->refs),    seed(p, &p->stars),    seed(p, &p->stores)};

	(void)seeded; /* without memory p->err says so */
}

/* Indexes the files that are new. False: more files must be lowered first. */
static bool program_index(struct program *p)
{
	uint32_t wanted = p->wanted.used;

	program_unlink(p);
	program_seed(p);
	for (uint32_t i = 1; i < p->files.count && !p->err; i++)
		if (p->files.at[i].tree && !p->files.at[i].scope)
			program_index_file(p, i);
	if (p->err)
		return true;
	p->want = true;
	program_classes_link(p);
	p->want = false;
	return p->wanted.used == wanted;
}

static void program_link(struct program *p)
{
	program_decorators_link(p);
	if (!p->err)
		model_locks_link(p);
	if (!p->err)
		model_uses_link(p);
	if (!p->err)
		model_sites_link(p);
	if (!p->err)
		model_suspend_link(p);
}

/* Does a file that was not lowered name a lock that seems needless or unused? */
static bool mentions_find(struct program *p)
{
	bool more = false;

	for (uint32_t i = 1; i < p->locks.count; i++) {
		const struct model_lock *l = &p->locks.at[i];
		bool unused = l->type == LOCK_LOCK && l->flavour != FLAVOUR_THREAD && !l->regions &&
		              !l->escapes && !l->manual && program_text(p, l->name)[0] == '_';

		if (lint_lock_needless(p, i) || unused)
			program_load_mentions(p, program_text(p, l->name), l->class != 0, &more);
	}
	return more;
}

static int model_link(struct lint_model *m, const struct program_load *load)
{
	struct program *p = &m->program;

	python_modules_link(p);
	for (unsigned int round = 0; round < ROUNDS && !p->err; round++) {
		if (!program_index(p)) {
			program_load_wanted(p, load);
			continue;
		}
		if (p->err)
			break;
		program_link(p);
		if (p->err || !mentions_find(p))
			return p->err;
		program_load_wanted(p, load);
	}
	if (!p->err && program_index(p))
		program_link(p);
	return p->err;
}

static void broken_add(struct lint_model *m, const struct program_file *f)
{
	uint32_t id = program_push(&m->program, &m->broken);

	if (id)
		m->broken.at[id] = (struct lint_broken){f->path, f->tree ? f->tree->error_line : 0};
}

static void stats_count(struct lint_model *m)
{
	struct program *p = &m->program;
	struct lint_stats *s = &m->stats;

	s->files = p->files.count ? p->files.count - 1 : 0;
	for (uint32_t i = 1; i < p->files.count; i++) {
		const struct program_file *f = &p->files.at[i];

		s->lowered += f->tree != NULL;
		if (f->err || (f->tree && (f->tree->error_line || f->tree->too_deep)))
			broken_add(m, f);
	}
	s->broken = m->broken.count > 1 ? m->broken.count - 1 : 0;
	for (uint32_t i = 1; i < p->funcs.count; i++) {
		bool async = p->funcs.at[i].flags & FUNC_ASYNC;

		s->functions++;
		s->async_functions += async;
		s->never += async && !p->funcs.at[i].suspends;
	}
	for (uint32_t i = 1; i < p->sites.count; i++) {
		if (p->sites.at[i].kind > SITE_COMP)
			continue;
		s->sites++;
		s->sites_never += !model_site_suspends(p, i);
	}
	for (uint32_t i = 1; i < p->locks.count; i++) {
		s->locks += p->locks.at[i].regions > 0;
		s->needless += lint_lock_needless(p, i);
	}
}

static int model_judge(struct lint_model *m, const struct join_options *options)
{
	if (options->trace)
		join_sites(m, options->trace);
	stats_count(m);
	lint_locks(m);
	lint_acquire(m);
	lint_paths(m);
	if (m->program.err)
		return m->program.err;
	if (options->trace)
		join_findings(m, options->trace, options->report);
	return lint_findings_finish(m);
}

/* With the findings of the last time, if no file has changed since. */
static int model_make(struct lint_model *m, const struct join_options *options,
                      const struct program_load *load)
{
	bool keep = options->cache && options->findings_only && !options->trace;
	uint64_t key = keep ? lint_result_key(&m->program) : 0;
	int err;

	if (key && lint_result_load(m, options->cache, key))
		return 0;
	err = program_load(&m->program, load);
	if (!err)
		err = model_link(m, load);
	if (!err)
		err = model_judge(m, options);
	if (!err && key && key == lint_result_key(&m->program))
		lint_result_store(m, options->cache, key);
	return err;
}

int join_model_open(const struct join_options *options, struct lint_model **out)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct program_load load = {.paths = options->paths,
	                            .path_count = options->path_count,
	                            .exclude = options->exclude,
	                            .exclude_count = options->exclude_count,
	                            .cache = options->cache,
	                            .fault = options->fault,
	                            .threads = options->threads};
	struct lint_model *m = calloc(1, sizeof(*m));
	int err;

	*out = NULL;
	if (!m)
		return -ENOMEM;
	if (!load.threads)
		load.threads = cpus < 1 ? 1 : cpus > 8 ? 8 : (unsigned int)cpus;
	names_intern(&m->program);
	err = program_load_find(&m->program, &load);
	if (!err)
		err = model_make(m, options, &load);
	if (err) {
		join_model_close(m);
		return err;
	}
	*out = m;
	return 0;
}

void join_model_close(struct lint_model *model)
{
	if (!model)
		return;
	program_free(&model->program);
	free(model->findings.at);
	free(model->places.at);
	free(model->first_place.at);
	free(model->windows.at);
	free(model->writers.at);
	free(model->labels.at);
	free(model->first_label.at);
	free(model->errors.at);
	free(model->broken.at);
	free(model->stops.at);
	free(model);
}

void lint_model_stats(const struct lint_model *model, struct lint_stats *out)
{
	*out = model->stats;
}

const struct lint_window *lint_model_windows(const struct lint_model *model, size_t *count)
{
	*count = model->windows.count > 1 ? model->windows.count - 1 : 0;
	return *count ? model->windows.at + 1 : NULL;
}

const struct lint_writer *lint_model_writers(const struct lint_model *model, size_t *count)
{
	*count = model->writers.count > 1 ? model->writers.count - 1 : 0;
	return *count ? model->writers.at + 1 : NULL;
}

const struct lint_error *lint_model_errors(const struct lint_model *model, size_t *count)
{
	*count = model->errors.count > 1 ? model->errors.count - 1 : 0;
	return *count ? model->errors.at + 1 : NULL;
}

const char *lint_model_broken(const struct lint_model *model, size_t nth, uint32_t *line)
{
	if (nth + 1 >= model->broken.count)
		return NULL;
	*line = model->broken.at[nth + 1].line;
	return model->broken.at[nth + 1].file;
}
