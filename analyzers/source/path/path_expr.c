/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * path_expr.c - expressions on a path: locations read, tested and written.
 */
#include <string.h>

#include "path_walk.h"
#include "source/model/model_suspend.h"
#include "source/program/language.h"

static const struct path_value nothing = {0, 0, 0};

static struct path_value read_location(struct path_state *s, uint32_t location, uint32_t key,
                                       uint32_t node)
{
	unsigned int at = location ? path_token_add(s, location, key, node) : PATH_TOKENS;
	uint64_t bit = at < PATH_TOKENS ? 1ull << at : 0;

	for (unsigned int i = 0; bit && i < s->local_count; i++) {
		/* the same read, made again, is a new value: old ones keep nothing of it */
		s->locals[i].value.all &= ~bit;
		s->locals[i].value.direct &= ~bit;
		s->locals[i].value.arith &= ~bit;
	}
	return (struct path_value){bit, bit, 0};
}

void walk_site(struct path_walk *w, struct path_state *s, uint32_t node, uint32_t more)
{
	uint32_t site = w->p->files.at[w->file].owner[node];

	if (site && model_site_suspends(w->model, site + more))
		path_cross(s, site + more);
}

void path_cross_maybe(struct path_walk *w, struct path_state *s, uint32_t block)
{
	uint32_t site = model_suspends_within(w->model, w->file, block, false);

	if (site)
		path_cross(s, site);
}

/* What a called function of the same object writes. A write before its first suspension, here, is
 * like our own; one after it comes after the suspension of our await. */
static void apply_summary(struct path_walk *w, struct path_state *s, uint32_t callee, bool late,
                          uint32_t call)
{
	const struct path_summary *summary = &w->pass->summaries[callee];

	for (uint32_t i = 1; i < summary->effects.count; i++) {
		struct path_effect e = summary->effects.at[i];

		if (e.late != late)
			continue;
		walk_write(
			w, s, e.location, nothing,
			(struct path_hit){.write = e.node, .via = callee, .constant = e.constant});
	}
	(void)call;
}

/* The method of our own object that a call runs; 0: another, or not known. */
static uint32_t own_callee(struct path_walk *w, uint32_t call)
{
	const struct tree_node *f = walk_node_of(w, walk_node_of(w, call)->first);
	struct program_ref ref;

	if (walk_node_of(w, call)->kind != TREE_CALL || f->kind != TREE_ATTR ||
	    !path_is_self(w, f->first))
		return 0;
	ref = program_resolve(w->p, w->scope, walk_node_of(w, call)->first);
	return ref.kind == REF_FUNC ? ref.id : 0;
}

static struct path_value join_values(struct path_value a, struct path_value b)
{
	return (struct path_value){a.all | b.all, a.direct | b.direct, a.arith | b.arith};
}

/* A call of a method of a container: self.d.get(k) reads an entry, self.d.pop(k) removes one, and
 * fails if it is gone, without a default. */
static struct path_value container_call(struct path_walk *w, struct path_state *s, uint32_t node)
{
	const struct tree_node *f = walk_node_of(w, walk_node_of(w, node)->first), *k;
	uint32_t does = f->kind == TREE_ATTR
	                        ? language_means(w->p, f->name) &
	                                  (MEANS_PUTS | MEANS_REMOVES | MEANS_POPS | MEANS_GETS)
	                        : 0;
	uint32_t key, base = does ? path_location(w, f->first, &key) : 0, entry = 0;

	if (!base || key)
		return nothing;
	k = walk_node_of(w, f->next);
	if (f->next && (k->kind == TREE_NAME || does & MEANS_GETS))
		entry = path_entry(w, base, f->next, &key);
	if (does & MEANS_GETS)
		return entry ? read_location(s, entry, key, node) : nothing;
	if (does & MEANS_POPS && entry && !k->next)
		walk_write(w, s, entry, nothing, (struct path_hit){.write = node, .removes = true});
	walk_content(w, s, f->first,
	             (struct path_hit){.write = node, .removes = !(does & MEANS_PUTS)});
	return nothing;
}

static struct path_value walk_call(struct path_walk *w, struct path_state *s, uint32_t node)
{
	const struct tree_node *n = walk_node_of(w, node), *f = walk_node_of(w, n->first);
	struct path_value v = nothing, arg;
	uint32_t callee = own_callee(w, node);

	if (!callee)
		v = walk_expr(w, s, n->first);
	for (uint32_t c = f->next; c; c = walk_node_of(w, c)->next) {
		arg = walk_expr(w, s, c);
		v.all |= arg.all;
	}
	v.direct = v.arith = 0;
	arg = container_call(w, s, node);
	v.all |= arg.all;
	v.direct = arg.direct;
	if (callee) {
		path_function(w->pass, callee);
		if (!(w->p->funcs.at[callee].flags & FUNC_ASYNC))
			apply_summary(w, s, callee, false, node);
	}
	return v;
}

static struct path_value walk_await(struct path_walk *w, struct path_state *s, uint32_t node)
{
	uint32_t value = walk_node_of(w, node)->first, callee = own_callee(w, value);

	walk_expr(w, s, value);
	if (callee)
		apply_summary(w, s, callee, false, value);
	walk_site(w, s, node, 0);
	if (callee)
		apply_summary(w, s, callee, true, value);
	return nothing;
}

static struct path_value walk_children(struct path_walk *w, struct path_state *s, uint32_t node,
                                       bool keep)
{
	struct path_value v = nothing;

	for (uint32_t c = walk_node_of(w, node)->first; c; c = walk_node_of(w, c)->next)
		v = join_values(v, walk_expr(w, s, c));
	if (!keep)
		v.direct = v.arith = 0;
	return v;
}

static struct path_value walk_comp(struct path_walk *w, struct path_state *s, uint32_t node)
{
	struct path_value v = nothing;

	for (uint32_t c = walk_node_of(w, node)->first; c; c = walk_node_of(w, c)->next) {
		const struct tree_node *n = walk_node_of(w, c);

		if (n->kind == TREE_COMP_FOR) {
			v = join_values(v, walk_expr(w, s, n->first));
			if (n->flags & TREE_ASYNC)
				walk_site(w, s, c, 0);
		} else {
			v = join_values(v, walk_expr(w, s, c));
		}
	}
	v.direct = v.arith = 0;
	return v;
}

struct path_value walk_expr(struct path_walk *w, struct path_state *s, uint32_t node)
{
	const struct tree_node *n = walk_node_of(w, node);
	struct path_value v = nothing;
	uint32_t key, location;
	const char *op;

	if (++w->pass->steps > PATH_STEPS)
		return nothing;
	switch (n->kind) {
	case TREE_NONE:
	case TREE_LAMBDA:
	case TREE_FUNC:
	case TREE_CLASS:
		return nothing;
	case TREE_NAME:
		location = path_location(w, node, &key);
		return location ? read_location(s, location, key, node)
		                : path_local_get(s, n->name);
	case TREE_ATTR:
		location = path_location(w, node, &key);
		if (location)
			return read_location(s, location, key, node);
		v = walk_expr(w, s, n->first);
		v.direct = v.arith = 0;
		return v;
	case TREE_SUBSCRIPT:
		location = path_location(w, node, &key);
		v = walk_children(w, s, node, false);
		return location ? join_values(v, read_location(s, location, key, node)) : v;
	case TREE_CALL:
		return walk_call(w, s, node);
	case TREE_AWAIT:
		return walk_await(w, s, node);
	case TREE_YIELD:
		walk_children(w, s, node, false);
		path_cross(s, w->p->files.at[w->file].owner[node]);
		return nothing;
	case TREE_BINOP:
		v = walk_children(w, s, node, true);
		op = program_text(w->p, n->name);
		v.arith |= !strcmp(op, "+") || !strcmp(op, "-") || !strcmp(op, "*") ? v.direct : 0;
		v.direct = 0;
		return v;
	case TREE_COMP:
		return walk_comp(w, s, node);
	case TREE_WALRUS:
		v = walk_expr(w, s, n->first);
		path_local_set(s, n->name, v);
		return v;
	case TREE_IFEXP:
		walk_expr(w, s, n->first);
		for (uint32_t c = walk_node_of(w, n->first)->next; c; c = walk_node_of(w, c)->next)
			v = join_values(v, walk_expr(w, s, c));
		return v;
	case TREE_AND:
	case TREE_OR:
		return walk_children(w, s, node, true);
	default:
		return walk_children(w, s, node, false);
	}
}
