/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model_context.c - who runs a function, under which locks, and whether several tasks use
 * one object of a class.
 *
 * These are reasons to believe, not proofs: they choose which findings are told.
 */
#include <string.h>

#include "model_context.h"
#include "source/program/language.h"
#include "source/program/program_attribute.h"
#include "source/program/program_node.h"

static bool is_self_call(const struct program *p, const struct model_call *c)
{
	const struct program_func *f = &p->funcs.at[c->func];
	const struct tree_node *n = program_node(p, f->file, c->node);

	if (n->kind == TREE_CALL)
		n = program_node(p, f->file, n->first);
	return n->kind == TREE_ATTR && program_node(p, f->file, n->first)->kind == TREE_NAME &&
	       program_node(p, f->file, n->first)->name == f->self && f->self;
}

static void roots_link(struct model *model)
{
	struct program *p = &model->program;
	struct called {
		bool any, task;
	};
	PROGRAM_TABLE(struct called) called = {0};
	bool grew = true;

	for (uint32_t i = 1; i < p->funcs.count; i++)
		if (!program_push(p, &called))
			return;
	if (!called.at)
		return; /* no functions, so no calls */
	for (uint32_t i = 1; i < model->calls.count; i++) {
		const struct model_call *c = &model->calls.at[i];
		struct program_func *f = &p->funcs.at[c->callee];

		called.at[c->callee].any = true;
		if (c->how == CALL_TASK || c->how == CALL_TASKS) {
			f->roots |= c->how == CALL_TASKS ? ROOT_TASK | ROOT_MULTI : ROOT_TASK;
			called.at[c->callee].task |= c->func && is_self_call(p, c);
		} else if (c->how == CALL_ESCAPE) {
			/* handed to somebody who runs it: a private one, once */
			f->roots |= program_text(p, f->name)[0] == '_' ? ROOT_TASK : ROOT_PUBLIC;
		}
	}
	for (uint32_t i = 1; i < p->funcs.count; i++) {
		struct program_func *f = &p->funcs.at[i];
		const char *name = program_text(p, f->name);
		bool private = name[0] == '_' && name[1] != '_';

		if (called.at[i].task)
			continue; /* its object starts it; nobody else is meant to call it */
		if (!private || !called.at[i].any)
			f->roots |= ROOT_PUBLIC;
	}
	while (grew) {
		grew = false;
		for (uint32_t i = 1; i < model->calls.count; i++) {
			const struct model_call *c = &model->calls.at[i];
			struct program_func *f = &p->funcs.at[c->callee];
			uint8_t roots = c->func ? p->funcs.at[c->func].roots : 0;

			if (c->how != CALL_PLAIN || (f->roots | roots) == f->roots)
				continue;
			f->roots |= roots;
			grew = true;
		}
	}
	program_free_table(&called);
}

/* The sections in each function: first[func] is a use, next[use] the next one. */
struct sections {
	PROGRAM_TABLE(uint32_t) first;
	PROGRAM_TABLE(uint32_t) next;
};

static void sections_fini(struct sections *s)
{
	program_free_table(&s->first);
	program_free_table(&s->next);
}

static bool sections_init(struct model *model, struct sections *s)
{
	struct program *p = &model->program;

	for (uint32_t i = 1; i < p->funcs.count; i++)
		if (!program_push(p, &s->first))
			return false;
	for (uint32_t i = 1; i < model->uses.count; i++) {
		const struct model_use *u = &model->uses.at[i];

		if (!program_push(p, &s->next))
			return false;
		if (u->kind != USE_REGION || !u->func)
			continue;
		s->next.at[i] = s->first.at[u->func];
		s->first.at[u->func] = i;
	}
	return true;
}

/* Does the call stand in a section of a lock, or in a function that is always in one? */
static bool call_locked(const struct model *model, const struct sections *s,
                        const struct model_call *c)
{
	const struct program *p = &model->program;
	const struct program_func *f = &p->funcs.at[c->func];

	if (!c->func)
		return false;
	if (f->entry_locks)
		return true;
	for (uint32_t i = s->first.at[c->func]; i; i = s->next.at[i]) {
		const struct model_use *u = &model->uses.at[i];
		uint32_t with = program_parent(p, u->file, u->node), at;

		for (at = c->node; at && at != with; at = program_parent(p, f->file, at))
			;
		if (at)
			return true;
	}
	return false;
}

/* entry_locks 1: every known caller of a private function holds a lock. */
static void entries_link(struct model *model)
{
	struct program *p = &model->program;
	struct sections sections = {0};
	PROGRAM_TABLE(uint8_t) state = {0}; /* 1: called, 2: called without */
	bool ok = p->funcs.count > 1 && sections_init(model, &sections);

	for (uint32_t i = 1; ok && i < p->funcs.count; i++)
		ok = program_push(p, &state) != 0;
	ok = ok && state.at;
	for (int round = 0; ok && round < 4; round++) {
		memset(state.at, 0, state.count);
		for (uint32_t i = 1; i < model->calls.count; i++) {
			const struct model_call *c = &model->calls.at[i];
			bool held = c->how == CALL_PLAIN && call_locked(model, &sections, c);

			state.at[c->callee] |= held ? 1 : 2;
		}
		for (uint32_t i = 1; i < p->funcs.count; i++)
			p->funcs.at[i].entry_locks =
				program_text(p, p->funcs.at[i].name)[0] == '_' && state.at[i] == 1;
	}
	program_free_table(&state);
	sections_fini(&sections);
}

static bool mentions_self(const struct program *p, uint32_t file, uint32_t node, uint32_t self)
{
	const struct tree_node *n = program_node(p, file, node);

	if (n->kind == TREE_NAME && n->name == self)
		return true;
	for (uint32_t c = n->first; c; c = program_node(p, file, c)->next)
		if (mentions_self(p, file, c, self))
			return true;
	return false;
}

static void evidence_spread(struct program *p, uint32_t class)
{
	const struct program_class *c = &p->classes.at[class];

	for (uint32_t i = 0; i < c->mro_count; i++)
		p->classes.at[p->lists.at[c->mro + i]].evidence = true;
	for (uint32_t i = 0; i < c->below_count; i++)
		p->classes.at[p->lists.at[c->below + i]].evidence = true;
}

static void evidence_link(struct model *model)
{
	struct program *p = &model->program;

	for (uint32_t i = 1; i < model->locks.count; i++)
		if (model->locks.at[i].class && model->locks.at[i].flavour != FLAVOUR_THREAD)
			evidence_spread(p, model->locks.at[i].class);
	for (uint32_t i = 1; i < model->sites.count; i++) {
		const struct model_site *s = &model->sites.at[i];
		const struct program_func *f = &p->funcs.at[s->func];
		uint32_t first;

		if (s->kind != SITE_SPAWN || !s->func || !f->class || !f->self)
			continue;
		first = program_node(p, f->file, s->node)->first;
		for (uint32_t a = program_node(p, f->file, first)->next; a;
		     a = program_node(p, f->file, a)->next)
			if (mentions_self(p, f->file, a, f->self)) {
				evidence_spread(p, f->class);
				break;
			}
	}
	for (uint32_t i = 1; i < p->bindings.count; i++) {
		const struct program_binding *b = &p->bindings.at[i];
		struct program_ref ref;
		uint32_t class;

		if (b->kind != BIND_SELF || p->scopes.at[b->in].kind != SCOPE_FUNC)
			continue;
		class = p->funcs.at[p->scopes.at[b->in].id].class;
		ref = class && !p->classes.at[class].composed
		              ? program_attribute_type(p, class, b->name)
		              : (struct program_ref){0};
		if (ref.kind == REF_INSTANCE && p->classes.at[ref.id].evidence)
			p->classes.at[class].composed = true;
	}
}

/* self.NAME, self.NAME[...] or a local variable that was given it: NAME. */
static uint32_t own_attribute(struct program *p, const struct program_func *f, uint32_t node)
{
	const struct tree_node *n = program_node(p, f->file, node);
	uint32_t b;

	if (n->kind == TREE_SUBSCRIPT)
		n = program_node(p, f->file, n->first);
	if (n->kind == TREE_NAME && n->name != f->self) {
		b = program_map_get(&p->bound, f->scope, n->name);
		for (; b; b = p->bindings.at[b].next) {
			if (p->bindings.at[b].kind != BIND_ASSIGN)
				continue;
			n = program_node(p, f->file, p->bindings.at[b].node);
			if (n->kind == TREE_ATTR || n->kind == TREE_TUPLE)
				break;
		}
	}
	if (n->kind != TREE_ATTR || !f->self)
		return 0;
	return program_node(p, f->file, n->first)->name == f->self ? n->name : 0;
}

enum { RELEASED = 1, MUTATED = 2 };

static void note(struct model_context *c, uint32_t class, uint32_t name, uint32_t what)
{
	if (class && name)
		program_map_set(c->p, &c->released, class, name,
		                program_map_get(&c->released, class, name) | what);
}

static void calls_note(struct model_context *c, uint32_t file, uint32_t node)
{
	struct program *p = c->p;
	const struct tree_node *n = program_node(p, file, node), *f, *up;
	uint32_t func = program_enclosing_func(p, file, node);
	const struct program_func *in = &p->funcs.at[func];

	if (!func || !in->class)
		return;
	if (n->kind == TREE_SUBSCRIPT) { /* self.d[k] = ..., del self.d[k] */
		up = program_node(p, file, program_parent(p, file, node));
		if (up->kind == TREE_DEL || (up->kind == TREE_ASSIGN && up->first != node))
			note(c, in->class, own_attribute(p, in, n->first), MUTATED);
		return;
	}
	f = program_node(p, file, n->first);
	if (f->kind == TREE_ATTR && language_means(p, f->name) & MEANS_CLOSES)
		note(c, in->class, own_attribute(p, in, f->first), RELEASED);
	if (f->kind == TREE_ATTR && language_means(p, f->name) & MEANS_RESIZES)
		note(c, in->class, own_attribute(p, in, f->first), MUTATED);
	for (uint32_t a = f->next; a && (strstr(program_text(p, f->name), "release") ||
	                                 strstr(program_text(p, f->name), "close") ||
	                                 strstr(program_text(p, f->name), "cancel"));
	     a = program_node(p, file, a)->next)
		note(c, in->class, own_attribute(p, in, a), RELEASED);
}

void model_context_link(struct model *model, struct model_context *out)
{
	struct program *p = &model->program;

	*out = (struct model_context){.model = model, .p = p};
	roots_link(model);
	if (!p->err)
		entries_link(model);
	if (!p->err)
		evidence_link(model);
	for (uint32_t file = 1; file < p->files.count; file++) {
		const struct tree *t = p->files.at[file].tree;

		for (uint32_t i = 1; t && i < t->node_count && !p->err; i++)
			if (t->nodes[i].kind == TREE_CALL || t->nodes[i].kind == TREE_SUBSCRIPT)
				calls_note(out, file, i);
	}
}

void model_context_fini(struct model_context *context)
{
	program_map_fini(&context->released);
}

static bool noted(const struct model_context *c, uint32_t class, uint32_t attribute, uint32_t what)
{
	const struct program_class *k = &c->p->classes.at[class];

	for (uint32_t i = 0; i < k->mro_count; i++)
		if (program_map_get(&c->released, c->p->lists.at[k->mro + i], attribute) & what)
			return true;
	for (uint32_t i = 0; i < k->below_count; i++)
		if (program_map_get(&c->released, c->p->lists.at[k->below + i], attribute) & what)
			return true;
	return false;
}

bool model_context_releasable(const struct model_context *c, uint32_t class, uint32_t attribute)
{
	return noted(c, class, attribute, RELEASED);
}

bool model_context_mutated(const struct model_context *c, uint32_t class, uint32_t attribute)
{
	return noted(c, class, attribute, MUTATED);
}
