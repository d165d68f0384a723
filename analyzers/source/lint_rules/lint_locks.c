/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_locks.c - rules about locks as wholes: needless, unused, held across a
 * yield, a thread's lock held across a suspension.
 */
#include <stdio.h>
#include <string.h>

#include "lint_locks.h"
#include "lint_model_parts.h"
#include "source/model/model_suspend.h"
#include "source/program/language.h"
#include "source/program/program_node.h"

static const char *lock_type_text(const struct program *p, const struct model_lock *l)
{
	return program_text(p, l->dotted);
}

/* Does a section of the lock start another task, which might run nested in it? */
static bool region_spawns(const struct model *model, const struct model_use *use)
{
	const struct program *p = &model->program;
	uint32_t at = program_node(p, use->file, use->node)->next;

	for (; at; at = program_node(p, use->file, at)->next)
		if (model_suspends_within(model, use->file, at, true))
			return true;
	return false;
}

bool lint_lock_needless(const struct model *model, uint32_t lock)
{
	const struct program *p = &model->program;
	const struct model_lock *l = &model->locks.at[lock];

	if (l->type != LOCK_LOCK || !l->regions || l->held || l->escapes || l->tested || l->manual)
		return false;
	if (l->flavour != FLAVOUR_STANDARD && l->flavour < FLAVOUR_CHECKPOINT)
		return false;
	if (p->switches || p->eager || p->nests)
		return false;
	for (uint32_t i = 1; i < model->uses.count; i++) {
		const struct model_use *u = &model->uses.at[i];
		const struct tree_node *n;

		if (u->lock != lock)
			continue;
		/* an element of several locks, none of which need be this one */
		if (!u->certain && u->kind != USE_HARMLESS && u->kind != USE_REGION)
			return false;
		if (u->kind != USE_REGION)
			continue;
		n = program_node(p, u->file, program_parent(p, u->file, u->node));
		if (!(n->flags & TREE_ASYNC) || region_spawns(model, u))
			return false;
	}
	return true;
}

static bool region_has_await(const struct program *p, uint32_t file, uint32_t node)
{
	const struct tree_node *n = program_node(p, file, node);

	if (n->kind == TREE_FUNC || n->kind == TREE_CLASS || n->kind == TREE_LAMBDA)
		return false;
	if (n->kind == TREE_AWAIT || (n->flags & TREE_ASYNC && n->kind != TREE_FUNC))
		return true;
	for (uint32_t c = n->first; c; c = program_node(p, file, c)->next)
		if (region_has_await(p, file, c))
			return true;
	return false;
}

static void needless_why(struct lint_model *m, uint32_t id, const struct model_lock *l, bool awaits)
{
	char sections[64];

	snprintf(sections, sizeof(sections),
	         l->regions == 1 ? "The section" : "None of the %u sections", l->regions);
	lint_finding_why(
		m, id,
		"Only one task of a loop runs at a time, and another can only run where this one "
		"suspends. %s of the lock has %s place%s, so no task ever waits for it.",
		sections, l->regions == 1 ? "no such" : "such a",
		awaits ? ", nor has what it awaits" : "");
}

/* The lines to change: where it is made, and each section. */
static void needless_fix(struct lint_model *m, uint32_t id, uint32_t lock)
{
	struct program *p = &m->model.program;
	const struct model_lock *l = &m->model.locks.at[lock];
	char lines[200] = "";
	size_t used = 0;

	for (uint32_t i = 1; i < m->model.uses.count; i++) {
		const struct model_use *u = &m->model.uses.at[i];
		const char *file = strrchr(p->files.at[u->file].path, '/');

		if (u->lock != lock || u->kind != USE_REGION)
			continue;
		if (used + 60 > sizeof(lines)) {
			snprintf(lines + used, sizeof(lines) - used, ", ...");
			break;
		}
		used += snprintf(
			lines + used, sizeof(lines) - used, "%s%.40s%s%u", used ? ", " : "",
			u->file == l->file ? ""
			: file             ? file + 1
					   : p->files.at[u->file].path,
			u->file == l->file ? "" : ":", program_node(p, u->file, u->node)->line);
	}
	lint_finding_fix(
		m, id, "%s line %u and take the body out of the `async with` (line %s); %s",
		program_tuple_across(p, l->file, l->node) ? "take it out of" : "delete",
		program_node(p, l->file, l->node)->line, lines,
		l->flavour == FLAVOUR_STANDARD
			? "or mark the lock `# awaitness: atomic-by-intent` if a later await is "
			  "to be safe"
			: "acquiring it is itself a checkpoint here: keep one (`await "
			  "checkpoint()`) if the loop relies on it");
}

/* The coroutines awaited inside a node, by name. */
static void awaited_names(const struct model *model, uint32_t file, uint32_t node, char *out,
                          size_t size)
{
	const struct program *p = &model->program;
	const struct tree_node *n = program_node(p, file, node);
	const struct model_site *s = &model->sites.at[p->files.at[file].owner[node]];
	size_t used = strlen(out);

	if (n->kind == TREE_FUNC || n->kind == TREE_CLASS || n->kind == TREE_LAMBDA)
		return;
	if (n->kind == TREE_AWAIT && p->files.at[file].owner[node] && s->callee_count) {
		const char *name = program_text(p, p->funcs.at[p->lists.at[s->callees]].qualname);

		if (!strstr(out, name) && used + strlen(name) + 8 < size)
			snprintf(out + used, size - used, "%s`%s`", used ? ", " : "", name);
	}
	for (uint32_t c = n->first; c; c = program_node(p, file, c)->next)
		awaited_names(model, file, c, out, size);
}

static void region_place(struct lint_model *m, const struct model_use *u, bool awaits)
{
	uint32_t body = program_node(&m->model.program, u->file, u->node)->next;
	char names[200] = "";

	if (awaits)
		awaited_names(&m->model, u->file, body, names, sizeof(names));
	if (!awaits)
		lint_finding_place(m, u->file, u->node, "region", "nothing in it is awaited");
	else if (*names)
		lint_finding_place(m, u->file, u->node, "region",
		                   "what is awaited in it never gives control back: %s", names);
	else
		lint_finding_place(m, u->file, u->node, "region",
		                   "what is awaited in it never gives control back");
}

static void needless_report(struct lint_model *m, uint32_t lock)
{
	struct program *p = &m->model.program;
	struct model_lock *l = &m->model.locks.at[lock];
	uint32_t id = lint_finding_new(m, LINT_NEEDLESS, l->label);
	bool awaits = false;

	if (!id)
		return;
	lint_finding_place(m, l->file, l->node, "made", "the lock is made here");
	for (uint32_t i = 1; i < m->model.uses.count; i++) {
		const struct model_use *u = &m->model.uses.at[i];
		uint32_t body;
		bool inside;

		if (u->lock != lock || u->kind != USE_REGION)
			continue;
		body = program_node(p, u->file, u->node)->next;
		inside = body && region_has_await(p, u->file, body);
		awaits |= inside;
		region_place(m, u, inside);
	}
	lint_finding_message(m, id, "`%s` (%s) guards nothing: no section of it can suspend",
	                     program_text(p, l->label), lock_type_text(p, l));
	needless_why(m, id, l, awaits);
	needless_fix(m, id, lock);
}

/* Is an attribute or variable of that name read anywhere, whatever it belongs to? */
static bool name_read(const struct program *p, uint32_t name)
{
	for (uint32_t file = 1; file < p->files.count; file++) {
		const struct tree *t = p->files.at[file].tree;

		for (uint32_t i = 1; t && i < t->node_count; i++) {
			const struct tree_node *n = &t->nodes[i], *up;

			if (n->name != name || (n->kind != TREE_ATTR && n->kind != TREE_NAME))
				continue;
			up = &t->nodes[p->files.at[file].parent[i]];
			if ((up->kind != TREE_ASSIGN && up->kind != TREE_ANNASSIGN) ||
			    up->first == i)
				return true;
		}
	}
	return false;
}

static bool lock_mentioned(const struct model *model, uint32_t lock)
{
	const struct program *p = &model->program;
	const struct model_lock *l = &model->locks.at[lock];

	for (uint32_t i = 1; i < model->uses.count; i++) {
		const struct model_use *u = &model->uses.at[i];
		uint32_t up;

		if (u->lock != lock)
			continue;
		up = program_parent(p, u->file, u->node);
		if (u->kind == USE_HARMLESS && program_node(p, u->file, up)->kind == TREE_ASSIGN &&
		    program_node(p, u->file, up)->first != u->node)
			continue; /* where it is made */
		return true;
	}
	return l->escapes;
}

static void unused_report(struct lint_model *m, uint32_t lock)
{
	struct program *p = &m->model.program;
	struct model_lock *l = &m->model.locks.at[lock];
	const char *name = program_text(p, l->name);
	uint32_t id;

	if (l->type != LOCK_LOCK || l->flavour == FLAVOUR_THREAD || l->container ||
	    lock_mentioned(&m->model, lock) || !name[0] || name_read(p, l->name))
		return;
	/* a base that is not known may use it */
	if (l->class && p->classes.at[l->class].unknown_base)
		return;
	/* a public attribute of a public class is made for others */
	if (name[0] != '_' && p->scopes.at[l->scope].kind != SCOPE_FUNC)
		return;
	id = lint_finding_new(m, LINT_UNUSED, l->label);
	if (!id)
		return;
	lint_finding_place(m, l->file, l->node, "made", "the lock is made here");
	lint_finding_message(m, id, "`%s` (%s) is made and never used", program_text(p, l->label),
	                     lock_type_text(p, l));
	lint_finding_why(m, id, "No other line of the program names `%s`.", name);
	lint_finding_fix(m, id, "remove it, or use it where it was meant to be used");
}

/* The with item's lock of the wanted flavour, told by type; or by name if its type is unknown. */
static bool item_is_thread_lock(struct program *p, uint32_t file, uint32_t item, uint32_t *object)
{
	uint32_t scope = program_enclosing_scope(p, file, item),
		 value = program_node(p, file, item)->first;
	const struct tree_node *n = program_node(p, file, value);
	struct program_ref ref = program_resolve(p, scope, value);
	enum lock_flavour flavour;

	if (ref.kind == REF_EXTERN_INSTANCE) {
		enum lock_type type = p->language->known_lock(program_text(p, ref.id), &flavour);

		*object = n->name ? n->name : ref.id;
		return flavour == FLAVOUR_THREAD && type == LOCK_LOCK;
	}
	return false;
}

static void thread_report(struct lint_model *m, uint32_t file, uint32_t with)
{
	struct program *p = &m->model.program;
	uint32_t func = program_enclosing_func(p, file, with);

	if (!func || !(p->funcs.at[func].flags & FUNC_ASYNC))
		return;
	for (uint32_t item = program_node(p, file, with)->first; item;
	     item = program_node(p, file, item)->next) {
		uint32_t site = 0, object, id;

		if (program_node(p, file, item)->kind != TREE_ITEM ||
		    !item_is_thread_lock(p, file, item, &object))
			continue;
		for (uint32_t at = program_node(p, file, item)->next; at && !site;
		     at = program_node(p, file, at)->next)
			site = model_suspends_within(&m->model, file, at, false);
		if (!site)
			continue;
		id = lint_finding_new(m, LINT_THREAD, object);
		if (!id)
			return;
		lint_finding_place(m, file, item, "region", "a thread's lock is taken here");
		lint_finding_place(m, file, m->model.sites.at[site].node, "suspends",
		                   "the task may suspend here with the lock taken");
		lint_finding_message(
			m, id,
			"thread lock `%s` is held over a suspension: another task that wants it "
			"stops the whole loop, for ever",
			program_text(p, object));
		lint_finding_why(
			m, id,
			"Waiting for this lock blocks the thread, and the task that holds it can "
			"only go on in that thread.");
		lint_finding_fix(m, id, "release it before the await, or use %s",
		                 p->language->lock);
	}
}

/* async with lock: ... yield: the consumer decides how long the lock is held. */
static void yield_report(struct lint_model *m, const struct model_use *u)
{
	struct program *p = &m->model.program;
	const struct program_func *f = &p->funcs.at[u->func];
	const struct model_lock *l = &m->model.locks.at[u->lock];
	uint32_t item = u->node, file = u->file, site, id;

	if (!u->func || !(f->flags & FUNC_ASYNC) || !(f->flags & FUNC_GENERATOR) ||
	    f->flags & (FUNC_CONTEXT | FUNC_FIXTURE | FUNC_UNKNOWN_DECO))
		return;
	if (l->type != LOCK_LOCK && l->type != LOCK_CONDITION)
		return;
	for (site = f->sites; site < f->sites + f->site_count; site++) {
		uint32_t at = m->model.sites.at[site].node;

		if (m->model.sites.at[site].kind != SITE_YIELD)
			continue;
		while (at && at != program_parent(p, file, item))
			at = program_parent(p, file, at);
		if (at)
			break;
	}
	if (site == f->sites + f->site_count)
		return;
	id = lint_finding_new(m, LINT_YIELD, l->label);
	if (!id)
		return;
	lint_finding_place(m, file, item, "region", "the lock is taken here");
	lint_finding_place(m, file, m->model.sites.at[site].node, "suspends",
	                   "control goes to the consumer here");
	lint_finding_message(m, id, "async generator `%s` yields while it holds `%s`",
	                     program_text(p, f->qualname), program_text(p, l->label));
	lint_finding_why(
		m, id,
		"The consumer may await anything, or stop iterating: then the lock stays taken "
		"until the generator is closed, in another task or never.");
	lint_finding_fix(
		m, id, "collect under the lock and yield after it, or release it around the yield");
}

void lint_locks(struct lint_model *m)
{
	struct program *p = &m->model.program;

	for (uint32_t i = 1; i < m->model.locks.count && !p->err; i++) {
		if (lint_lock_needless(&m->model, i))
			needless_report(m, i);
		else
			unused_report(m, i);
	}
	for (uint32_t i = 1; i < m->model.uses.count && !p->err; i++)
		if (m->model.uses.at[i].kind == USE_REGION && m->model.uses.at[i].certain)
			yield_report(m, &m->model.uses.at[i]);
	for (uint32_t file = 1; file < p->files.count; file++) {
		const struct tree *t = p->files.at[file].tree;

		for (uint32_t i = 1; t && i < t->node_count && !p->err; i++)
			if (t->nodes[i].kind == TREE_WITH && !(t->nodes[i].flags & TREE_ASYNC))
				thread_report(m, file, i);
	}
}
