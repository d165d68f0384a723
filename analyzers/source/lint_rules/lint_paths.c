/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_paths.c - rules about state read before a suspension and written after it:
 * which of the path pass's hits are worth telling, and how sure each is.
 */
#include <string.h>

#include "lint_paths.h"
#include "lint_iterate.h"
#include "lint_model_parts.h"
#include "source/model/model_context.h"
#include "source/model/model_follows.h"
#include "source/path/path.h"
#include "source/program/language.h"
#include "source/program/program_node.h"

struct rules {
	struct lint_model *m;
	struct model *model;
	struct program *p; /* the model\'s */
	struct path_pass pass;
	struct model_context context;
};

/* Is the location written by another function than the hit's, other than to set it up? */
static bool other_writer(const struct rules *r, const struct path_hit *h, uint32_t *node,
                         uint32_t *func)
{
	const struct program *p = r->p;
	uint32_t class = p->funcs.at[h->func].class;

	for (uint32_t i = 1; i < r->pass.writers.count; i++) {
		const struct path_writer *w = &r->pass.writers.at[i];
		const struct program_func *f = &p->funcs.at[w->func];

		if (w->location != h->location || w->func == h->func || w->func == h->via ||
		    !strcmp(program_text(p, f->name), p->language->init))
			continue;
		if (class && (!f->class || !program_class_related(p, class, f->class)))
			continue;
		if (!class && f->file != p->funcs.at[h->func].file)
			continue;
		*node = w->node;
		*func = w->func;
		return true;
	}
	return false;
}

/* Can two tasks be in the function at a time? */
static bool self_race(const struct program_func *f)
{
	return f->roots & (ROOT_PUBLIC | ROOT_MULTI);
}

/* A lock is held from the read to the write, here or by all who call. */
static bool locked(const struct program *p, const struct path_hit *h)
{
	return h->lock_count || p->funcs.at[h->func].entry_locks;
}

static uint32_t attribute_of(struct rules *r, uint32_t location)
{
	const char *text = program_text(r->p, location);

	if (strncmp(text, "self.", 5) != 0)
		return 0;
	return program_intern(r->p, text + 5, strcspn(text + 5, "["));
}

static uint32_t object_of(struct rules *r, const struct path_hit *h)
{
	const struct program_func *f = &r->p->funcs.at[h->func];
	const char *text = program_text(r->p, h->location);

	if (!f->class || strncmp(text, "self.", 5) != 0)
		return h->location;
	return program_internf(r->p, "%s.%s",
	                       program_text(r->p, r->p->classes.at[f->class].qualname), text + 5);
}

static void hit_places(struct rules *r, const struct path_hit *h, const char *write_text)
{
	struct program *p = r->p;
	uint32_t file = p->funcs.at[h->func].file;
	const struct model_site *s = &r->model->sites.at[h->site];

	lint_finding_place(r->m, file, h->read, "read",
	                   h->kind == PATH_GUARD ? "checked here" : "read here");
	lint_finding_place(r->m, file, s->node, "suspends", "other tasks may run here");
	if (h->via)
		lint_finding_place(r->m, p->funcs.at[h->via].file, h->write, "write",
		                   "%s, called from `%s`", write_text,
		                   program_text(p, p->funcs.at[h->func].qualname));
	else
		lint_finding_place(r->m, file, h->write, "write", "%s", write_text);
}

/* Why two tasks are believed to meet there. */
static void why_two(struct rules *r, uint32_t id, const struct path_hit *h, const char *more)
{
	struct program *p = r->p;
	const struct program_func *f = &p->funcs.at[h->func];
	uint32_t node, func;

	if (other_writer(r, h, &node, &func))
		lint_finding_why(
			r->m, id,
			"`%s` also writes it (line %u), and %s. No lock is held from the read "
			"to the write.%s",
			program_text(p, p->funcs.at[func].qualname),
			program_node(p, p->funcs.at[func].file, node)->line,
			self_race(f) ? "two tasks may be in this function at a time"
				     : "it runs in another task",
			more);
	else
		lint_finding_why(
			r->m, id,
			"Two tasks may be in `%s` at a time, and no lock is held from the read "
			"to the "
			"write.%s",
			program_text(p, f->qualname), more);
}

static void init_report(struct rules *r, const struct path_hit *h, bool high)
{
	uint32_t object = object_of(r, h), id;
	const char *name = program_text(r->p, object);

	id = lint_finding_new(r->m, high ? LINT_INIT : LINT_CHECK, object);
	if (!id)
		return;
	hit_places(r, h, "set here");
	lint_finding_message(
		r->m, id,
		high ? "`%s` is checked, the task suspends, and then it is set: two tasks both "
		       "make "
		       "one, and the first is never closed"
		     : "`%s` is checked, the task suspends, and then it is set: two tasks may both "
		       "do so",
		name);
	why_two(r, id, h,
	        high ? " The class closes this attribute elsewhere, so an object that is "
	               "overwritten leaks."
	             : "");
	lint_finding_fix(
		r->m, id,
		"hold one %s from the check to the assignment, or check again after the await",
		r->p->language->lock);
}

static void update_report(struct rules *r, const struct path_hit *h)
{
	uint32_t object = object_of(r, h), id = lint_finding_new(r->m, LINT_UPDATE, object);

	if (!id)
		return;
	hit_places(r, h, "written here, from the value read before");
	lint_finding_message(
		r->m, id,
		"`%s` is computed from a value read before a suspension: what other tasks wrote "
		"meanwhile is lost",
		program_text(r->p, object));
	why_two(r, id, h, "");
	lint_finding_fix(r->m, id,
	                 "read it again after the await, in the statement that writes it");
}

static void remove_report(struct rules *r, const struct path_hit *h)
{
	uint32_t object = object_of(r, h), id = lint_finding_new(r->m, LINT_REMOVE, object);

	if (!id)
		return;
	hit_places(r, h, "removed here");
	lint_finding_message(
		r->m, id,
		"`%s` is checked, the task suspends, and then it is removed: another task may have "
		"removed it meanwhile",
		program_text(r->p, object));
	why_two(r, id, h, "");
	lint_finding_fix(r->m, id, "remove it before the await, or use pop() with a default");
}

static bool is_content(const struct program *p, uint32_t location)
{
	const char *text = program_text(p, location);
	size_t length = strlen(text);

	return length > 2 && !strcmp(text + length - 2, "[]");
}

static void hit_judge(struct rules *r, const struct path_hit *h)
{
	struct program *p = r->p;
	const struct program_func *f = &p->funcs.at[h->func];
	const struct program_class *c = &p->classes.at[f->class];
	uint32_t attribute = attribute_of(r, h->location), node, func;
	bool self = self_race(f), races = self || other_writer(r, h, &node, &func);

	if (is_content(p, h->location)) /* whether it matters only a trace can tell */
		return;
	if (locked(p, h) || !(f->flags & FUNC_ASYNC) ||
	    language_means(p, f->name) & MEANS_PROTOCOL || !races)
		return;
	if (h->kind == PATH_ARITH && !h->removes) {
		update_report(r, h);
		return;
	}
	/* state of a module is shared by all tasks; an object's only if its class says so */
	if (f->class && attribute && !c->evidence && !c->composed)
		return;
	if (h->kind != PATH_GUARD || h->constant)
		return;
	if (h->removes) {
		if (h->polarity == POLARITY_FULL)
			remove_report(r, h);
		return;
	}
	if (h->polarity != POLARITY_EMPTY || h->raises || !self)
		return;
	init_report(r, h,
	            f->class && attribute && c->evidence &&
	                    model_context_releasable(&r->context, f->class, attribute));
}

/* One of the suspensions of a hit. */
static void window_add(struct rules *r, const struct path_hit *h, uint32_t hit, uint32_t site,
                       uint32_t nth)
{
	static const uint8_t kinds[] = {[SITE_AWAIT] = LINT_AWAIT_EXPRESSION,
	                                [SITE_ENTER] = LINT_AWAIT_ENTER,
	                                [SITE_EXIT] = LINT_AWAIT_EXIT,
	                                [SITE_FOR] = LINT_AWAIT_FOR,
	                                [SITE_COMP] = LINT_AWAIT_COMPREHENSION};
	struct program *p = r->p;
	const struct program_func *f = &p->funcs.at[h->func];
	const struct model_site *s = &r->model->sites.at[site];
	const struct program_func *writer = &p->funcs.at[h->via ? h->via : h->func];
	uint32_t id, file = f->file, label, first, object = object_of(r, h);

	if (s->kind > SITE_COMP)
		return;
	id = program_push(p, &r->m->windows);
	label = program_push(p, &r->m->first_label);
	if (!id || !label)
		return;
	first = r->m->labels.count ? r->m->labels.count : 1;
	for (uint32_t i = 0; i < h->lock_count; i++) {
		uint32_t at = program_push(p, &r->m->labels);

		if (at)
			r->m->labels.at[at] = program_text(p, p->lists.at[h->locks + i]);
	}
	r->m->first_label.at[label] = first;
	r->m->windows.at[id] = (struct lint_window){
		.group = hit,
		.nth = nth,
		.file = p->files.at[file].path,
		.function = program_text(p, f->qualname),
		.first_line = f->line,
		.await_line = program_node(p, file, s->node)->line,
		.await_col = program_node(p, file, s->node)->col,
		.await_kind = kinds[s->kind],
		.path = program_text(p, h->location),
		.object = program_text(p, object),
		.read_line = program_node(p, file, h->read)->line,
		.write_line = program_node(p, writer->file, h->write)->line,
		.write_file = p->files.at[writer->file].path,
		.write_function = program_text(p, writer->qualname),
		.guards = h->kind == PATH_GUARD,
		.empty = h->polarity == POLARITY_EMPTY,
		.raises = h->raises,
		.adds = h->kind == PATH_ARITH,
		.constant = h->constant,
		.always = !h->via && model_write_follows(r->model, file, site, h->write),
		.removes = h->removes,
		.content = h->content,
		.lock_count = h->lock_count};
}

/* Cells for the tracer: all hits, whatever is judged of them here. */
static void windows_add(struct rules *r, const struct path_hit *h, uint32_t hit)
{
	window_add(r, h, hit, h->site, 0);
	for (uint32_t i = 0; i < PATH_MORE && h->more[i]; i++)
		window_add(r, h, hit, h->more[i], i + 1);
}

static void writer_add(struct rules *r, const struct path_writer *writer)
{
	struct program *p = r->p;
	const struct program_func *f = &p->funcs.at[writer->func];
	uint32_t id = program_push(p, &r->m->writers);

	if (id)
		r->m->writers.at[id] = (struct lint_writer){
			.file = p->files.at[f->file].path,
			.function = program_text(p, f->qualname),
			.path = program_text(p, writer->location),
			.line = program_node(p, f->file, writer->node)->line,
		};
}

void lint_paths(struct lint_model *m)
{
	struct rules r = {.m = m, .model = &m->model, .p = &m->model.program};
	struct program *p = &m->model.program;

	if (p->err)
		return;
	model_context_link(&m->model, &r.context);
	if (!path_pass_run(&m->model, &r.pass)) {
		for (uint32_t i = 1; i < r.pass.hits.count && !p->err; i++) {
			hit_judge(&r, &r.pass.hits.at[i]);
			windows_add(&r, &r.pass.hits.at[i], i);
		}
		for (uint32_t i = 1; i < r.pass.writers.count && !p->err; i++)
			writer_add(&r, &r.pass.writers.at[i]);
		lint_iterate(m, &r.context, r.pass.hits.count);
	}
	/* labels have stopped moving */
	for (uint32_t i = 1; i < m->windows.count; i++)
		if (m->windows.at[i].lock_count)
			m->windows.at[i].locks = m->labels.at + m->first_label.at[i];
	path_pass_fini(&r.pass);
	model_context_fini(&r.context);
}
