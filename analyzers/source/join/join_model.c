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

static void names_intern(struct py_program *p)
{
	p->n_self = py_intern_text(p, "self");
	p->n_none = py_intern_text(p, "None");
	p->n_acquire = py_intern_text(p, "acquire");
	p->n_release = py_intern_text(p, "release");
	p->n_locked = py_intern_text(p, "locked");
	p->n_star = py_intern_text(p, "*");
	p->n_init = py_intern_text(p, "__init__");
	p->n_slots = py_intern_text(p, "__slots__");
	p->n_all = py_intern_text(p, "__all__");
}

/* Forgets what was concluded from all files together; what each file has of its own stays. */
static void program_unlink(struct py_program *p)
{
	struct py_map *maps[] = {&p->attr_refs,     &p->name_refs,    &p->lock_names,
	                         &p->lock_by_place, &p->lock_aliases, &p->lock_alias_names};

	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++)
		py_map_fini(maps[i]);
	py_free_table(&p->sites);
	py_free_table(&p->calls);
	py_free_table(&p->locks);
	py_free_table(&p->uses);
	py_free_table(&p->lists);
	py_free_table(&p->refs);
	for (uint32_t i = 1; i < p->classes.count; i++) {
		struct py_class *c = &p->classes.at[i];

		c->mro_count = c->below_count = 0;
		c->unknown_base = c->unknown_deco = false;
	}
	for (uint32_t i = 1; i < p->funcs.count; i++)
		p->funcs.at[i].suspends = false;
}

static void program_free(struct py_program *p)
{
	program_unlink(p);
	py_map_fini(&p->bound);
	py_map_fini(&p->modules);
	py_map_fini(&p->stored);
	py_map_fini(&p->wanted);
	py_free_table(&p->scopes);
	py_free_table(&p->bindings);
	py_free_table(&p->funcs);
	py_free_table(&p->classes);
	py_free_table(&p->stars);
	py_free_table(&p->stores);
	for (uint32_t i = 1; i < p->files.count; i++) {
		struct py_file *f = &p->files.at[i];

		pytree_free(f->tree);
		free(f->path);
		free(f->text);
		free(f->parent);
		free(f->owner);
	}
	py_free_table(&p->files);
	py_strings_fini(&p->strings);
}

/* Element 0 of a table stands for nothing; it must be there to be looked at. */
#define seed(p, table)                                                                             \
	((table)->count ||                                                                         \
	 !py_table_room(p, &(table)->at, &(table)->cap, 0, sizeof(*(table)->at)) ||                \
	 ((table)->count = 1))

static void program_seed(struct py_program *p)
{
	bool seeded[] = {seed(p, &p->scopes),  seed(p, &p->bindings), seed(p, &p->funcs),
	                 seed(p, &p->classes), seed(p, &p->sites),    seed(p, &p->calls),
	                 seed(p, &p->locks),   seed(p, &p->uses),     seed(p, &p->lists),
	                 seed(p, &p->refs),    seed(p, &p->stars),    seed(p, &p->stores)};

	(void)seeded; /* without memory p->err says so */
}

/* Indexes the files that are new. False: more files must be lowered first. */
static bool program_index(struct py_program *p)
{
	uint32_t wanted = p->wanted.used;

	program_unlink(p);
	program_seed(p);
	for (uint32_t i = 1; i < p->files.count && !p->err; i++)
		if (p->files.at[i].tree && !p->files.at[i].scope)
			py_index_file(p, i);
	if (p->err)
		return true;
	p->want = true;
	py_classes_link(p);
	p->want = false;
	return p->wanted.used == wanted;
}

static void program_link(struct py_program *p)
{
	py_decorators_link(p);
	if (!p->err)
		py_locks_link(p);
	if (!p->err)
		py_uses_link(p);
	if (!p->err)
		py_sites_link(p);
	if (!p->err)
		py_suspend_link(p);
}

/* Does a file that was not lowered name a lock that seems needless or unused? */
static bool mentions_find(struct py_program *p)
{
	bool more = false;

	for (uint32_t i = 1; i < p->locks.count; i++) {
		const struct py_lock *l = &p->locks.at[i];
		bool unused = l->type == LOCK_LOCK && l->flavour != FLAVOUR_THREAD && !l->regions &&
		              !l->escapes && !l->manual && py_text(p, l->name)[0] == '_';

		if (py_lock_needless(p, i) || unused)
			py_load_mentions(p, py_text(p, l->name), l->class != 0, &more);
	}
	return more;
}

static int model_link(struct pymodel *m, const struct py_load *load)
{
	struct py_program *p = &m->program;

	py_modules_link(p);
	for (unsigned int round = 0; round < ROUNDS && !p->err; round++) {
		if (!program_index(p)) {
			py_load_wanted(p, load);
			continue;
		}
		if (p->err)
			break;
		program_link(p);
		if (p->err || !mentions_find(p))
			return p->err;
		py_load_wanted(p, load);
	}
	if (!p->err && program_index(p))
		program_link(p);
	return p->err;
}

static void broken_add(struct pymodel *m, const struct py_file *f)
{
	uint32_t id = py_push(&m->program, &m->broken);

	if (id)
		m->broken.at[id] = (struct pybroken){f->path, f->tree ? f->tree->error_line : 0};
}

static void stats_count(struct pymodel *m)
{
	struct py_program *p = &m->program;
	struct pymodel_stats *s = &m->stats;

	s->files = p->files.count ? p->files.count - 1 : 0;
	for (uint32_t i = 1; i < p->files.count; i++) {
		const struct py_file *f = &p->files.at[i];

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
		s->sites_never += !py_site_suspends(p, i);
	}
	for (uint32_t i = 1; i < p->locks.count; i++) {
		s->locks += p->locks.at[i].regions > 0;
		s->needless += py_lock_needless(p, i);
	}
}

static int model_judge(struct pymodel *m, const struct pymodel_options *options)
{
	if (options->trace)
		pyjoin_sites(m, options->trace);
	stats_count(m);
	pyrules_locks(m);
	pyrules_acquire(m);
	pyrules_paths(m);
	if (m->program.err)
		return m->program.err;
	if (options->trace)
		pyjoin_findings(m, options->trace, options->report);
	return findings_finish(m);
}

/* With the findings of the last time, if no file has changed since. */
static int model_make(struct pymodel *m, const struct pymodel_options *options,
                      const struct py_load *load)
{
	bool keep = options->cache && options->findings_only && !options->trace;
	uint64_t key = keep ? pyresult_key(&m->program) : 0;
	int err;

	if (key && pyresult_load(m, options->cache, key))
		return 0;
	err = py_load(&m->program, load);
	if (!err)
		err = model_link(m, load);
	if (!err)
		err = model_judge(m, options);
	if (!err && key && key == pyresult_key(&m->program))
		pyresult_store(m, options->cache, key);
	return err;
}

int pymodel_open(const struct pymodel_options *options, struct pymodel **out)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct py_load load = {.paths = options->paths,
	                       .path_count = options->path_count,
	                       .exclude = options->exclude,
	                       .exclude_count = options->exclude_count,
	                       .cache = options->cache,
	                       .fault = options->fault,
	                       .threads = options->threads};
	struct pymodel *m = calloc(1, sizeof(*m));
	int err;

	*out = NULL;
	if (!m)
		return -ENOMEM;
	if (!load.threads)
		load.threads = cpus < 1 ? 1 : cpus > 8 ? 8 : (unsigned int)cpus;
	names_intern(&m->program);
	err = py_load_find(&m->program, &load);
	if (!err)
		err = model_make(m, options, &load);
	if (err) {
		pymodel_close(m);
		return err;
	}
	*out = m;
	return 0;
}

void pymodel_close(struct pymodel *model)
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

void pymodel_stats(const struct pymodel *model, struct pymodel_stats *out)
{
	*out = model->stats;
}

const struct pywindow *pymodel_windows(const struct pymodel *model, size_t *count)
{
	*count = model->windows.count > 1 ? model->windows.count - 1 : 0;
	return *count ? model->windows.at + 1 : NULL;
}

const struct pywriter *pymodel_writers(const struct pymodel *model, size_t *count)
{
	*count = model->writers.count > 1 ? model->writers.count - 1 : 0;
	return *count ? model->writers.at + 1 : NULL;
}

const struct pymodel_error *pymodel_errors(const struct pymodel *model, size_t *count)
{
	*count = model->errors.count > 1 ? model->errors.count - 1 : 0;
	return *count ? model->errors.at + 1 : NULL;
}

const char *pymodel_broken(const struct pymodel *model, size_t nth, uint32_t *line)
{
	if (nth + 1 >= model->broken.count)
		return NULL;
	*line = model->broken.at[nth + 1].line;
	return model->broken.at[nth + 1].file;
}
