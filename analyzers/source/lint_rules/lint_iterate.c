/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_iterate.c - loops over a container that may change while the loop's task is suspended.
 *
 * A dict or set must keep its size while it is iterated: the next step of the
 * iteration raises RuntimeError else. A list may change, so only what is run
 * tells which it is: each such loop is a window for the tracer.
 */
#include <string.h>

#include "lint_iterate.h"
#include "lint_model_parts.h"
#include "source/model/model_context.h"
#include "source/model/model_follows.h"
#include "source/model/model_suspend.h"
#include "source/path/path.h"
#include "source/program/language.h"
#include "source/program/program_node.h"

struct loop {
	uint32_t func, node;
	uint32_t attribute; /* name of the attribute of self that is iterated */
	uint32_t location, object;
	uint32_t sites[PATH_MORE + 1]; /* suspensions in the body, in order */
	uint32_t count;
};

/* `for x in self.d`, or over its items(), keys(), values(): the attribute's name; 0: it is not. */
static uint32_t iterated(const struct program *p, const struct program_func *f, uint32_t node)
{
	const struct tree_node *n = program_node(p, f->file, node),
			       *it = program_node(p, f->file, n->first);

	if (it->kind == TREE_CALL) {
		const struct tree_node *m = program_node(p, f->file, it->first);

		if (m->kind != TREE_ATTR || m->next || !(language_means(p, m->name) & MEANS_VIEWS))
			return 0;
		it = program_node(p, f->file, m->first);
	}
	if (it->kind != TREE_ATTR || program_node(p, f->file, it->first)->kind != TREE_NAME ||
	    !f->self || program_node(p, f->file, it->first)->name != f->self)
		return 0;
	return it->name;
}

static void sites_collect(const struct model *model, uint32_t file, uint32_t node,
                          struct loop *loop)
{
	const struct program *p = &model->program;
	const struct tree_node *n = program_node(p, file, node);
	uint32_t site = p->files.at[file].owner[node];

	if (n->kind == TREE_FUNC || n->kind == TREE_CLASS || n->kind == TREE_LAMBDA)
		return;
	for (uint32_t c = n->first; c; c = program_node(p, file, c)->next)
		sites_collect(model, file, c, loop);
	if (n->kind == TREE_AWAIT && site && model_site_suspends(model, site) &&
	    loop->count <= PATH_MORE)
		loop->sites[loop->count++] = site;
}

static void window_add(struct lint_model *m, const struct loop *loop, uint32_t group, uint32_t nth)
{
	struct program *p = &m->model.program;
	const struct program_func *f = &p->funcs.at[loop->func];
	const struct model_site *s = &m->model.sites.at[loop->sites[nth]];
	uint32_t id = program_push(p, &m->windows), label = program_push(p, &m->first_label);
	uint32_t body = program_child(p, f->file, loop->node, 2);
	uint32_t line = program_node(p, f->file, loop->node)->line;

	if (!id || !label)
		return;
	m->first_label.at[label] = m->labels.count ? m->labels.count : 1;
	m->windows.at[id] = (struct lint_window){
		.group = group,
		.nth = nth,
		.file = p->files.at[f->file].path,
		.function = program_text(p, f->qualname),
		.first_line = f->line,
		.await_line = program_node(p, f->file, s->node)->line,
		.await_col = program_node(p, f->file, s->node)->col,
		.await_kind = LINT_AWAIT_EXPRESSION,
		.path = program_text(p, loop->location),
		.object = program_text(p, loop->object),
		.read_line = line,
		.write_line = line,
		.write_file = p->files.at[f->file].path,
		.write_function = program_text(p, f->qualname),
		.iterates = true,
		.always = model_end_follows(&m->model, f->file, loop->sites[nth], body)};
}

/* Told of classes only whose objects several tasks are known to use. */
static void loop_report(struct lint_model *m, const struct model_context *context,
                        const struct loop *loop, uint32_t site)
{
	struct program *p = &m->model.program;
	const struct program_func *f = &p->funcs.at[loop->func];
	const struct program_class *c = &p->classes.at[f->class];
	uint32_t id;

	if (!model_context_mutated(context, f->class, loop->attribute) ||
	    (!c->evidence && !c->composed))
		return;
	id = lint_finding_new(m, LINT_ITERATE, loop->object);
	if (!id)
		return;
	lint_finding_place(m, f->file, loop->node, "read", "iterated here");
	lint_finding_place(m, f->file, m->model.sites.at[site].node, "suspends",
	                   "other tasks may run here");
	lint_finding_message(
		m, id,
		"`%s` is iterated over a suspension, and entries are added or removed elsewhere: "
		"RuntimeError when both meet",
		program_text(p, loop->object));
	lint_finding_why(m, id, "A dict or set must keep its size while it is iterated.");
	lint_finding_fix(m, id, "iterate over a copy: list(...)");
}

static void loop_judge(struct lint_model *m, const struct model_context *context, uint32_t func,
                       uint32_t node, uint32_t *group)
{
	struct program *p = &m->model.program;
	const struct program_func *f = &p->funcs.at[func];
	struct loop loop = {.func = func, .node = node, .attribute = iterated(p, f, node)};
	uint32_t body = program_child(p, f->file, node, 2);
	uint32_t site = loop.attribute ? model_suspends_within(&m->model, f->file, body, false) : 0;

	if (!site || site == UINT32_MAX)
		return;
	loop.location = program_internf(p, "self.%s", program_text(p, loop.attribute));
	loop.object = program_internf(p, "%s.%s", program_text(p, p->classes.at[f->class].qualname),
	                              program_text(p, loop.attribute));
	loop_report(m, context, &loop, site);
	sites_collect(&m->model, f->file, body, &loop);
	for (uint32_t i = 0; i < loop.count && !p->err; i++)
		window_add(m, &loop, *group, i);
	++*group;
}

void lint_iterate(struct lint_model *m, const struct model_context *context, uint32_t group)
{
	struct program *p = &m->model.program;

	for (uint32_t i = 1; i < p->funcs.count && !p->err; i++) {
		const struct program_func *f = &p->funcs.at[i];
		const struct tree *t = p->files.at[f->file].tree;

		if (!f->class || !(f->flags & FUNC_ASYNC) || !f->self)
			continue;
		for (uint32_t k = f->node; k < t->node_count; k++) {
			if (t->nodes[k].kind == TREE_FUNC && k != f->node &&
			    program_enclosing_func(p, f->file, k) != i)
				break;
			if (t->nodes[k].kind == TREE_FOR && !(t->nodes[k].flags & TREE_ASYNC) &&
			    program_enclosing_func(p, f->file, k) == i)
				loop_judge(m, context, i, k, &group);
		}
	}
}
