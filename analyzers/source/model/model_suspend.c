/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model_suspend.c - which functions may suspend, and which locks may be held meanwhile.
 *
 * Both are grown from nothing until nothing more follows. Starting from "no
 * lock is held over a suspension" is sound: the first wait for a lock that ever
 * happens needs a holder that suspended for another reason.
 */
#include <string.h>

#include "model_suspend.h"
#include "model.h"
#include "source/program/language.h"
#include "source/program/program_node.h"

bool model_site_suspends(const struct model *model, uint32_t site)
{
	const struct program *p = &model->program;
	const struct model_site *s = &model->sites.at[site];

	if (s->verdict == MAY)
		return s->kind != SITE_SPAWN;
	for (uint32_t i = 0; i < s->callee_count; i++)
		if (p->funcs.at[p->lists.at[s->callees + i]].suspends)
			return true;
	for (uint32_t i = 0; i < s->lock_count; i++)
		if (model->locks.at[p->lists.at[s->locks + i]].held)
			return true;
	return false;
}

static bool kind_has_site(enum tree_kind kind)
{
	return kind == TREE_AWAIT || kind == TREE_ITEM || kind == TREE_FOR ||
	       kind == TREE_COMP_FOR || kind == TREE_YIELD || kind == TREE_ERROR ||
	       kind == TREE_CALL;
}

/* Does a call run a function of the program that starts a task? */
static bool call_spawns(const struct model *model, uint32_t file, uint32_t node)
{
	const struct program *p = &model->program;
	uint32_t func = program_enclosing_func(p, file, node);
	const struct program_func *f = &p->funcs.at[func];

	for (uint32_t i = 0; i < f->call_count; i++) {
		const struct model_call *c = &model->calls.at[f->calls + i];

		if (c->node == node && p->funcs.at[c->callee].flags & FUNC_SPAWNS)
			return true;
	}
	return false;
}

uint32_t model_suspends_within(const struct model *model, uint32_t file, uint32_t node, bool spawns)
{
	const struct program *p = &model->program;
	const struct program_file *f = &p->files.at[file];
	const struct tree_node *n = &f->tree->nodes[node];

	if (n->kind == TREE_FUNC || n->kind == TREE_CLASS || n->kind == TREE_LAMBDA)
		return 0;
	if (kind_has_site(n->kind) && f->owner[node]) {
		uint32_t site = f->owner[node];
		const struct model_site *s = &model->sites.at[site];

		if (model_site_suspends(model, site) || s->kind == SITE_YIELD ||
		    (spawns && s->kind == SITE_SPAWN))
			return site;
		if (s->kind == SITE_ENTER && model_site_suspends(model, site + 1))
			return site + 1;
	}
	if (spawns && n->kind == TREE_CALL && call_spawns(model, file, node))
		return UINT32_MAX;
	for (uint32_t c = n->first; c; c = f->tree->nodes[c].next) {
		uint32_t site = model_suspends_within(model, file, c, spawns);

		if (site)
			return site;
	}
	return 0;
}

static bool func_must(const struct program_func *f)
{
	uint32_t bad = FUNC_STUB | FUNC_UNKNOWN_DECO | FUNC_LEGACY | FUNC_HAS_ERROR;

	return f->flags & FUNC_ASYNC && f->flags & bad;
}

static bool funcs_grow(struct model *model)
{
	struct program *p = &model->program;
	bool grew = false;

	for (uint32_t i = 1; i < p->funcs.count; i++) {
		struct program_func *f = &p->funcs.at[i];
		bool suspends = func_must(f);

		if (f->suspends)
			continue;
		for (uint32_t s = 0; s < f->site_count && !suspends; s++)
			suspends = model_site_suspends(model, f->sites + s);
		f->suspends = suspends;
		grew |= suspends;
	}
	return grew;
}

static bool region_suspends(const struct model *model, const struct model_use *use)
{
	const struct program *p = &model->program;
	uint32_t at = program_node(p, use->file, use->node)->next; /* later items, then the body */

	if (program_node(p, use->file, use->node)->kind != TREE_ITEM)
		return true;
	for (; at; at = program_node(p, use->file, at)->next)
		if (model_suspends_within(model, use->file, at, false))
			return true;
	return false;
}

static bool locks_grow(struct model *model)
{
	bool grew = false;

	for (uint32_t i = 1; i < model->locks.count; i++) {
		struct model_lock *l = &model->locks.at[i];
		bool odd = l->type == LOCK_CONDITION || l->type == LOCK_EVENT ||
		           l->type == LOCK_QUEUE || l->flavour == FLAVOUR_OTHER;

		if (!l->held && (odd || l->escapes || l->manual)) {
			l->held = true;
			grew = true;
		}
	}
	for (uint32_t i = 1; i < model->uses.count; i++) {
		const struct model_use *u = &model->uses.at[i];
		struct model_lock *l = &model->locks.at[u->lock];

		if (u->kind == USE_REGION && !l->held && region_suspends(model, u)) {
			l->held = true;
			grew = true;
		}
	}
	return grew;
}

static void spawns_link(struct model *model)
{
	struct program *p = &model->program;
	bool grew = true;

	for (uint32_t i = 1; i < model->sites.count; i++)
		if (model->sites.at[i].kind == SITE_SPAWN && model->sites.at[i].func)
			p->funcs.at[model->sites.at[i].func].flags |= FUNC_SPAWNS;
	while (grew) {
		grew = false;
		for (uint32_t i = 1; i < model->calls.count; i++) {
			const struct model_call *c = &model->calls.at[i];
			struct program_func *f = &p->funcs.at[c->func];

			if (c->func && p->funcs.at[c->callee].flags & FUNC_SPAWNS &&
			    !(f->flags & FUNC_SPAWNS)) {
				f->flags |= FUNC_SPAWNS;
				grew = true;
			}
		}
	}
}

void model_suspend_link(struct model *model)
{
	spawns_link(model);
	do
		while (funcs_grow(model))
			;
	while (locks_grow(model));
}
