/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model_site.c - where a function may suspend, and what it calls.
 */
#include <string.h>

#include "model_site.h"
#include "model.h"
#include "source/program/language.h"
#include "source/program/program_node.h"

struct walk {
	struct model *model;
	struct program *p; /* the model\'s */
	uint32_t func, file, scope;
	unsigned int loops; /* enclosing loops and comprehensions */
};

static struct model_site *site_new(struct walk *w, enum model_site_kind kind, uint32_t node)
{
	static struct model_site nowhere; /* written without memory, never read */
	uint32_t id = program_push(w->p, &w->model->sites);
	struct model_site *s;

	if (!id)
		return &nowhere;
	s = &w->model->sites.at[id];
	*s = (struct model_site){.kind = kind, .verdict = MAY, .func = w->func, .node = node};
	if (kind != SITE_EXIT)
		w->p->files.at[w->file].owner[node] = id;
	return s;
}

static uint32_t last_site(const struct walk *w)
{
	return w->model->sites.count - 1;
}

/* The site runs method `name` of an object of the class. False: not known what it runs. */
static bool site_methods(struct walk *w, uint32_t site, uint32_t class, uint32_t name)
{
	struct program *p = w->p;
	uint32_t from = p->lists.count, count;
	struct model_site *s;

	if (!program_class_methods(p, class, name, &count))
		return false;
	s = &w->model->sites.at[site];
	s->callees = from;
	s->callee_count = count;
	return true;
}

static bool site_function(struct walk *w, uint32_t site, struct program_ref ref)
{
	struct program *p = w->p;
	uint32_t at;

	if (ref.other)
		return site_methods(w, site, ref.other, p->funcs.at[ref.id].name);
	at = program_push(p, &p->lists);
	if (!at)
		return false;
	p->lists.at[at] = ref.id;
	w->model->sites.at[site].callees = at;
	w->model->sites.at[site].callee_count = 1;
	return true;
}

static bool callees_have(const struct walk *w, uint32_t site, uint32_t set, uint32_t clear)
{
	const struct model_site *s = &w->model->sites.at[site];

	for (uint32_t i = 0; i < s->callee_count; i++) {
		uint32_t flags = w->p->funcs.at[w->p->lists.at[s->callees + i]].flags;

		if ((flags & set) != set || flags & clear)
			return false;
	}
	return s->callee_count > 0;
}

/* It waits for these locks; not knowing exactly which, it may suspend. */
static enum await_verdict site_locks(struct walk *w, uint32_t site, uint32_t expression)
{
	bool certain;
	uint32_t count, at = model_locks_of(w->model, w->scope, expression, &count, &certain);

	if (!count || !certain)
		return MAY;
	w->model->sites.at[site].locks = at;
	w->model->sites.at[site].lock_count = count;
	return NEVER;
}

/* Then nothing need be known of what it runs. */
static bool gives_a_turn(const struct walk *w)
{
	return w->p->language->awaits == AWAIT_GIVES_A_TURN;
}

static void await_site(struct walk *w, uint32_t node)
{
	struct program *p = w->p;
	uint32_t value = program_node(p, w->file, node)->first, site;
	enum await_verdict verdict = MAY;
	struct program_ref ref;

	site_new(w, SITE_AWAIT, node);
	site = last_site(w);
	if (!value || p->err || gives_a_turn(w))
		return;
	ref = program_resolve(p, w->scope, value);
	if (ref.kind == REF_CORO) {
		if (site_function(w, site, ref) &&
		    callees_have(w, site, FUNC_ASYNC, FUNC_GENERATOR | FUNC_CONTEXT))
			verdict = NEVER;
	} else if (ref.kind == REF_EXTERN_RESULT) {
		const struct tree_node *call = program_node(p, w->file, value);
		const struct tree_node *f = program_node(p, w->file, call->first);

		verdict = p->language->known_await(program_text(p, ref.id));
		if (verdict == CONTENTION)
			verdict = call->kind == TREE_CALL && f->kind == TREE_ATTR && !f->next
			                  ? site_locks(w, site, f->first)
			                  : MAY;
	}
	w->model->sites.at[site].verdict = verdict;
}

static enum await_verdict with_verdict(struct walk *w, uint32_t site, uint32_t value, bool enter)
{
	struct program *p = w->p;
	struct program_ref ref = program_resolve(p, w->scope, value);
	const char *method = enter ? p->language->enter : p->language->leave;
	enum await_verdict verdict;

	switch (ref.kind) {
	case REF_INSTANCE:
		if (!site_methods(w, site, ref.id, program_intern_text(p, method)))
			return MAY;
		return callees_have(w, site, FUNC_ASYNC, FUNC_GENERATOR) ? NEVER : MAY;
	case REF_CORO:
		if (!site_function(w, site, ref))
			return MAY;
		return callees_have(w, site, FUNC_ASYNC | FUNC_CONTEXT | FUNC_GENERATOR, 0) ? NEVER
		                                                                            : MAY;
	case REF_EXTERN_INSTANCE:
		verdict = enter ? p->language->known_enter(program_text(p, ref.id))
		                : p->language->known_exit(program_text(p, ref.id));
		return verdict == CONTENTION ? site_locks(w, site, value) : verdict;
	default:
		return MAY;
	}
}

static void with_sites(struct walk *w, uint32_t node)
{
	uint32_t value = program_node(w->p, w->file, node)->first;

	for (int i = 0; i < 2 && !w->p->err; i++) {
		uint32_t site;
		enum await_verdict verdict;

		site_new(w, i ? SITE_EXIT : SITE_ENTER, node);
		site = last_site(w);
		verdict = gives_a_turn(w) ? MAY : with_verdict(w, site, value, i == 0);
		w->model->sites.at[site].verdict = verdict;
	}
}

static void for_site(struct walk *w, enum model_site_kind kind, uint32_t node)
{
	struct program *p = w->p;
	struct program_ref ref =
		program_resolve(p, w->scope, program_node(p, w->file, node)->first);
	uint32_t site;

	site_new(w, kind, node);
	site = last_site(w);
	if (ref.kind == REF_CORO && !gives_a_turn(w) && site_function(w, site, ref) &&
	    callees_have(w, site, FUNC_ASYNC | FUNC_GENERATOR, FUNC_CONTEXT))
		w->model->sites.at[site].verdict = NEVER;
}

static void call_push(struct walk *w, uint32_t node, uint32_t callee, enum model_call_how how)
{
	uint32_t id = program_push(w->p, &w->model->calls);

	if (id)
		w->model->calls.at[id] = (struct model_call){w->func, node, callee, how};
}

/* What happens to the coroutine that a call makes, or to a function handed on. */
static enum model_call_how call_how(const struct walk *w, uint32_t node)
{
	const struct program *p = w->p;
	uint32_t at = program_parent(p, w->file, node), from = node;
	bool many = false;

	for (; at; from = at, at = program_parent(p, w->file, at)) {
		const struct tree_node *n = program_node(p, w->file, at);
		const struct tree_node *f;
		uint32_t means;

		if (n->kind == TREE_COMP) {
			many = true;
			continue;
		}
		if (n->kind == TREE_STAR || n->kind == TREE_LIST || n->kind == TREE_TUPLE ||
		    n->kind == TREE_KEYWORD)
			continue;
		if (n->kind != TREE_CALL || n->first == from)
			return CALL_PLAIN;
		f = program_node(p, w->file, n->first);
		means = language_means(p, f->name);
		if (!(means & (MEANS_SPAWNS | MEANS_SPAWNS_MANY)))
			return CALL_ESCAPE;
		many |= !(means & MEANS_SPAWNS) || w->loops;
		return many ? CALL_TASKS : CALL_TASK;
	}
	return CALL_PLAIN;
}

static void call_site(struct walk *w, uint32_t node)
{
	struct program *p = w->p;
	const struct tree_node *n = program_node(p, w->file, node);
	const struct tree_node *f = program_node(p, w->file, n->first);
	const struct tree_node *arg = f->next ? program_node(p, w->file, f->next) : NULL;
	struct program_ref ref = program_resolve(p, w->scope, n->first);
	uint32_t from = p->lists.count, count;

	if (language_means(p, f->name) & MEANS_NESTS ||
	    (language_means(p, f->name) & MEANS_SENDS && arg && arg->name == p->n_none &&
	     !arg->next))
		site_new(w, SITE_SPAWN, node);
	if (ref.kind != REF_FUNC)
		return;
	if (ref.other && program_class_methods(p, ref.other, p->funcs.at[ref.id].name, &count)) {
		for (uint32_t i = 0; i < count; i++)
			call_push(w, node, p->lists.at[from + i], call_how(w, node));
		return;
	}
	call_push(w, node, ref.id, call_how(w, node));
}

/* A function that is named and not called: whoever gets it may call it. */
static void reference(struct walk *w, uint32_t node)
{
	struct program *p = w->p;
	uint32_t parent = program_parent(p, w->file, node);
	const struct tree_node *up = program_node(p, w->file, parent);
	struct program_ref ref;

	if (up->kind == TREE_ATTR || (up->kind == TREE_CALL && up->first == node))
		return;
	ref = program_resolve(p, w->scope, node);
	if (ref.kind == REF_FUNC)
		call_push(w, node, ref.id, call_how(w, node));
}

static void walk_node(struct walk *w, uint32_t node)
{
	struct program *p = w->p;
	const struct tree_node *n = program_node(p, w->file, node);
	bool loop = n->kind == TREE_FOR || n->kind == TREE_WHILE || n->kind == TREE_COMP, async;
	uint32_t parent;

	switch (n->kind) {
	case TREE_FUNC:
	case TREE_CLASS:
		return;
	case TREE_AWAIT:
		await_site(w, node);
		break;
	case TREE_ITEM:
		parent = program_parent(p, w->file, node);
		if (program_node(p, w->file, parent)->flags & TREE_ASYNC)
			with_sites(w, node);
		break;
	case TREE_FOR:
	case TREE_COMP_FOR:
		if (n->flags & TREE_ASYNC)
			for_site(w, n->kind == TREE_FOR ? SITE_FOR : SITE_COMP, node);
		break;
	case TREE_YIELD:
		async = w->func && p->funcs.at[w->func].flags & FUNC_ASYNC;
		if (async)
			site_new(w, SITE_YIELD, node)->verdict = NEVER;
		break;
	case TREE_ERROR:
		site_new(w, SITE_ERROR, node);
		break;
	case TREE_CALL:
		call_site(w, node);
		break;
	case TREE_NAME:
	case TREE_ATTR:
		reference(w, node);
		break;
	default:
		break;
	}
	w->loops += loop;
	for (uint32_t c = n->first; c && !p->err; c = program_node(p, w->file, c)->next)
		walk_node(w, c);
	w->loops -= loop;
}

static void module_walk(struct model *model, uint32_t file)
{
	struct program *p = &model->program;
	struct walk w = {.model = model, .p = p, .file = file, .scope = p->files.at[file].scope};

	walk_node(&w, 0);
}

void model_sites_link(struct model *model)
{
	struct program *p = &model->program;

	for (uint32_t i = 1; i < p->funcs.count && !p->err; i++) {
		const struct program_func *f = &p->funcs.at[i];
		struct walk w = {
			.model = model, .p = p, .func = i, .file = f->file, .scope = f->scope};
		uint32_t sites = model->sites.count ? model->sites.count : 1;
		uint32_t calls = model->calls.count ? model->calls.count : 1;

		walk_node(&w, program_child(p, f->file, f->node, 3));
		p->funcs.at[i].sites = sites;
		p->funcs.at[i].site_count =
			model->sites.count > sites ? model->sites.count - sites : 0;
		p->funcs.at[i].calls = calls;
		p->funcs.at[i].call_count =
			model->calls.count > calls ? model->calls.count - calls : 0;
	}
	for (uint32_t i = 1; i < p->files.count && !p->err; i++)
		if (p->files.at[i].scope)
			module_walk(model, i);
}
