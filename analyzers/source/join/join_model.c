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

#include "join_model.h"
#include "join_accept.h"
#include "join_findings.h"
#include "join_sites.h"
#include "source/lint_rules/lint_acquire.h"
#include "source/lint_rules/lint_locks.h"
#include "source/lint_rules/lint_paths.h"
#include "source/lint_rules/lint_result.h"
#include "source/model/model_suspend.h"
#include "source/program/language.h"
#include "source/program/program_load.h"

#define ROUNDS 12

/* Does a file that was not lowered name a lock that seems needless or unused? */
static bool mentions_find(struct model *model)
{
	struct program *p = &model->program;
	bool more = false;

	for (uint32_t i = 1; i < model->locks.count; i++) {
		const struct model_lock *l = &model->locks.at[i];
		bool unused = l->type == LOCK_LOCK && l->flavour != FLAVOUR_THREAD && !l->regions &&
		              !l->escapes && !l->manual && program_text(p, l->name)[0] == '_';

		if (lint_lock_needless(model, i) || unused)
			program_load_mentions(p, program_text(p, l->name), l->class != 0, &more);
	}
	return more;
}

static int model_grow(struct lint_model *m, const struct program_load *load)
{
	struct program *p = &m->model.program;

	p->language->modules_link(p);
	for (unsigned int round = 0; round < ROUNDS && !p->err; round++) {
		if (!model_index(&m->model)) {
			program_load_wanted(p, load);
			continue;
		}
		if (p->err)
			break;
		model_link(&m->model);
		if (p->err || !mentions_find(&m->model))
			return p->err;
		program_load_wanted(p, load);
	}
	if (!p->err && model_index(&m->model))
		model_link(&m->model);
	return p->err;
}

static void broken_add(struct lint_model *m, const struct program_file *f)
{
	uint32_t id = program_push(&m->model.program, &m->broken);

	if (id)
		m->broken.at[id] = (struct lint_broken){f->path, f->tree ? f->tree->error_line : 0};
}

static void stats_count(struct lint_model *m)
{
	struct program *p = &m->model.program;
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
	for (uint32_t i = 1; i < m->model.sites.count; i++) {
		if (m->model.sites.at[i].kind > SITE_COMP)
			continue;
		s->sites++;
		s->sites_never += !model_site_suspends(&m->model, i);
	}
	for (uint32_t i = 1; i < m->model.locks.count; i++) {
		s->locks += m->model.locks.at[i].regions > 0;
		s->needless += lint_lock_needless(&m->model, i);
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
	if (m->model.program.err)
		return m->model.program.err;
	if (options->trace)
		join_findings(m, options->trace, options->report);
	return join_accept(m);
}

/* With the findings of the last time, if no file has changed since. */
static int model_make(struct lint_model *m, const struct join_options *options,
                      const struct program_load *load)
{
	bool keep = options->cache && options->findings_only && !options->trace;
	uint64_t key = keep ? lint_result_key(&m->model.program) : 0;
	int err;

	if (key && lint_result_load(m, options->cache, key))
		return 0;
	err = program_load(&m->model.program, load);
	if (!err)
		err = model_grow(m, load);
	if (!err)
		err = model_judge(m, options);
	if (!err && key && key == lint_result_key(&m->model.program))
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
	program_init(&m->model.program, options->language ? options->language : languages[0]);
	err = program_load_find(&m->model.program, &load);
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
	model_fini(&model->model);
	free(model->findings.at);
	free(model->places.at);
	free(model->first_place.at);
	free(model->windows.at);
	free(model->writers.at);
	free(model->labels.at);
	free(model->first_label.at);
	free(model->errors.at);
	free(model->broken.at);
	free(model);
}
