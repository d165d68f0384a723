/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_iterate.c - loops over a container that may change while the loop's task is suspended.
 *
 * A dict or set must keep its size while it is iterated: the next step of the
 * iteration raises RuntimeError else. A list may change, so only what is run
 * tells which it is: each such loop is a window for the tracer.
 */
#include <string.h>

#include "lint_parts.h"
#include "source/model/model_context.h"
#include "source/model/model_follows.h"
#include "source/path/path.h"

struct loop {
	uint32_t func, node;
	uint32_t attribute; /* name of the attribute of self that is iterated */
	uint32_t location, object;
	uint32_t sites[PATH_MORE + 1]; /* suspensions in the body, in order */
	uint32_t count;
};

/* `for x in self.d`, or over its items(), keys(), values(): the attribute's name; 0: it is not. */
static uint32_t iterated(const struct py_program *p, const struct py_func *f, uint32_t node)
{
	const struct py_node *n = py_node(p, f->file, node), *it = py_node(p, f->file, n->first);

	if (it->kind == PY_CALL) {
		const struct py_node *m = py_node(p, f->file, it->first);
		const char *name = py_text(p, m->name);

		if (m->kind != PY_ATTR || m->next ||
		    (strcmp(name, "items") && strcmp(name, "values") && strcmp(name, "keys")))
			return 0;
		it = py_node(p, f->file, m->first);
	}
	if (it->kind != PY_ATTR || py_node(p, f->file, it->first)->kind != PY_NAME || !f->self ||
	    py_node(p, f->file, it->first)->name != f->self)
		return 0;
	return it->name;
}

static void sites_collect(const struct py_program *p, uint32_t file, uint32_t node,
                          struct loop *loop)
{
	const struct py_node *n = py_node(p, file, node);
	uint32_t site = p->files.at[file].owner[node];

	if (n->kind == PY_FUNC || n->kind == PY_CLASS || n->kind == PY_LAMBDA)
		return;
	for (uint32_t c = n->first; c; c = py_node(p, file, c)->next)
		sites_collect(p, file, c, loop);
	if (n->kind == PY_AWAIT && site && py_site_suspends(p, site) && loop->count <= PATH_MORE)
		loop->sites[loop->count++] = site;
}

static void window_add(struct pymodel *m, const struct loop *loop, uint32_t group, uint32_t nth)
{
	struct py_program *p = &m->program;
	const struct py_func *f = &p->funcs.at[loop->func];
	const struct py_site *s = &p->sites.at[loop->sites[nth]];
	uint32_t id = py_push(p, &m->windows), label = py_push(p, &m->first_label);
	uint32_t body = py_child(p, f->file, loop->node, 2);
	uint32_t line = py_node(p, f->file, loop->node)->line;

	if (!id || !label)
		return;
	m->first_label.at[label] = m->labels.count ? m->labels.count : 1;
	m->windows.at[id] =
		(struct pywindow){.group = group,
	                          .nth = nth,
	                          .file = p->files.at[f->file].path,
	                          .function = py_text(p, f->qualname),
	                          .first_line = f->line,
	                          .await_line = py_node(p, f->file, s->node)->line,
	                          .await_col = py_node(p, f->file, s->node)->col,
	                          .await_kind = PYAWAIT_EXPRESSION,
	                          .path = py_text(p, loop->location),
	                          .object = py_text(p, loop->object),
	                          .read_line = line,
	                          .write_line = line,
	                          .write_file = p->files.at[f->file].path,
	                          .write_function = py_text(p, f->qualname),
	                          .iterates = true,
	                          .always = py_end_follows(p, f->file, loop->sites[nth], body)};
}

/* Told of classes only whose objects several tasks are known to use. */
static void loop_report(struct pymodel *m, const struct py_context *context,
                        const struct loop *loop, uint32_t site)
{
	struct py_program *p = &m->program;
	const struct py_func *f = &p->funcs.at[loop->func];
	const struct py_class *c = &p->classes.at[f->class];
	uint32_t id;

	if (!py_context_mutated(context, f->class, loop->attribute) ||
	    (!c->evidence && !c->composed))
		return;
	id = finding_new(m, PYRULE_ITERATE, loop->object);
	if (!id)
		return;
	finding_place(m, f->file, loop->node, "read", "iterated here");
	finding_place(m, f->file, p->sites.at[site].node, "suspends", "other tasks may run here");
	finding_message(
		m, id,
		"`%s` is iterated over a suspension, and entries are added or removed elsewhere: "
		"RuntimeError when both meet",
		py_text(p, loop->object));
	finding_why(m, id, "A dict or set must keep its size while it is iterated.");
	finding_fix(m, id, "iterate over a copy: list(...)");
}

static void loop_judge(struct pymodel *m, const struct py_context *context, uint32_t func,
                       uint32_t node, uint32_t *group)
{
	struct py_program *p = &m->program;
	const struct py_func *f = &p->funcs.at[func];
	struct loop loop = {.func = func, .node = node, .attribute = iterated(p, f, node)};
	uint32_t body = py_child(p, f->file, node, 2);
	uint32_t site = loop.attribute ? py_suspends_within(p, f->file, body, false) : 0;

	if (!site || site == UINT32_MAX)
		return;
	loop.location = py_internf(p, "self.%s", py_text(p, loop.attribute));
	loop.object = py_internf(p, "%s.%s", py_text(p, p->classes.at[f->class].qualname),
	                         py_text(p, loop.attribute));
	loop_report(m, context, &loop, site);
	sites_collect(p, f->file, body, &loop);
	for (uint32_t i = 0; i < loop.count && !p->err; i++)
		window_add(m, &loop, *group, i);
	++*group;
}

void pyrules_iterate(struct pymodel *m, const struct py_context *context, uint32_t group)
{
	struct py_program *p = &m->program;

	for (uint32_t i = 1; i < p->funcs.count && !p->err; i++) {
		const struct py_func *f = &p->funcs.at[i];
		const struct pytree *t = p->files.at[f->file].tree;

		if (!f->class || !(f->flags & FUNC_ASYNC) || !f->self)
			continue;
		for (uint32_t k = f->node; k < t->node_count; k++) {
			if (t->nodes[k].kind == PY_FUNC && k != f->node &&
			    py_enclosing_func(p, f->file, k) != i)
				break;
			if (t->nodes[k].kind == PY_FOR && !(t->nodes[k].flags & PY_ASYNC) &&
			    py_enclosing_func(p, f->file, k) == i)
				loop_judge(m, context, i, k, &group);
		}
	}
}
