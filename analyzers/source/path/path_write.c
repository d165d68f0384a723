/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * path_write.c - locations on a path, and what follows from a write to one.
 */
#include <string.h>

#include "path_walk.h"

static const struct path_value nothing = {0, 0, 0};

bool path_is_self(const struct path_walk *w, uint32_t node)
{
	const struct program_func *f = &w->p->funcs.at[w->func];
	const struct tree_node *n = walk_node_of(w, node);

	return n->kind == TREE_NAME && f->self && n->name == f->self;
}

/* A variable of the module that some function declares global and writes. */
static bool written_global(const struct path_walk *w, uint32_t name)
{
	struct program *p = w->p;
	uint32_t module = p->files.at[w->file].scope, b;

	if (program_name_scope(p, w->scope, name) != module)
		return false;
	for (b = program_map_get(&p->bound, module, name); b; b = p->bindings.at[b].next)
		if (p->bindings.at[b].in != module &&
		    (p->bindings.at[b].kind == BIND_ASSIGN || p->bindings.at[b].kind == BIND_OTHER))
			return true;
	return false;
}

/* The location of an entry: self.d[k], self.d["k"], self.d[0]. 0: it has no simple key. */
uint32_t path_entry(const struct path_walk *w, uint32_t base, uint32_t index, uint32_t *key)
{
	struct program *p = w->p;
	const struct tree_node *k = walk_node_of(w, index);

	*key = 0;
	if (!base || !index || !k->name)
		return 0;
	switch (k->kind) {
	case TREE_NAME:
		*key = k->name;
		return program_internf(p, "%s[%s]", program_text(p, base),
		                       program_text(p, k->name));
	case TREE_STRING:
		return program_internf(p, "%s[\"%s\"]", program_text(p, base),
		                       program_text(p, k->name));
	case TREE_NUMBER:
		return program_internf(p, "%s[%s]", program_text(p, base),
		                       program_text(p, k->name));
	default:
		return 0;
	}
}

/* The location that an expression denotes: self.x, self.d[k], a global variable. 0: none. */
uint32_t path_location(const struct path_walk *w, uint32_t node, uint32_t *key)
{
	struct program *p = w->p;
	const struct tree_node *n = walk_node_of(w, node);
	uint32_t base;

	*key = 0;
	switch (n->kind) {
	case TREE_ATTR:
		return path_is_self(w, n->first)
		               ? program_internf(p, "self.%s", program_text(p, n->name))
		               : 0;
	case TREE_NAME:
		if (!written_global(w, n->name))
			return 0;
		return program_internf(p, "%s.%s", program_text(p, p->files.at[w->file].module),
		                       program_text(p, n->name));
	case TREE_SUBSCRIPT:
		base = path_location(w, n->first, key);
		if (!base || walk_node_of(w, n->first)->kind == TREE_SUBSCRIPT)
			return 0;
		return path_entry(w, base, walk_node_of(w, n->first)->next, key);
	default:
		return 0;
	}
}

static void effect_add(struct path_walk *w, const struct path_state *s, uint32_t location,
                       uint32_t at, bool constant, bool guarded)
{
	struct path_summary *summary = &w->pass->summaries[w->func];
	bool locked = false;
	uint32_t id;

	for (unsigned int i = 0; i < PATH_LOCKS; i++)
		locked |= s->locks[i] != 0;
	id = program_push(w->p, &w->pass->writers);
	if (id)
		w->pass->writers.at[id] = (struct path_writer){w->func, location, at};
	for (uint32_t i = 1; i < summary->effects.count; i++)
		if (summary->effects.at[i].node == at &&
		    summary->effects.at[i].location == location) {
			summary->effects.at[i].late &= s->suspended && !locked && !guarded;
			return;
		}
	id = program_push(w->p, &summary->effects);
	if (id)
		summary->effects.at[id] = (struct path_effect){
			location, at, s->suspended && !locked && !guarded, constant};
}

static void hit_add(struct path_walk *w, const struct path_state *s, unsigned int token,
                    struct path_hit hit)
{
	const struct path_token *t = &s->tokens[token];
	uint32_t id = program_push(w->p, &w->pass->hits), at;

	if (!id)
		return;
	hit.func = w->func;
	hit.location = t->location;
	hit.read = t->node;
	hit.site = t->site;
	memcpy(hit.more, t->more, sizeof(hit.more));
	hit.raises = t->raises;
	hit.polarity = t->polarity;
	hit.content = hit.content && t->copied;
	for (unsigned int i = 0; i < PATH_LOCKS; i++)
		if (t->locks & (1u << i) && s->locks[i]) {
			at = program_push(w->p, &w->p->lists);
			if (!hit.lock_count)
				hit.locks = at;
			w->p->lists.at[at] = s->locks[i];
			hit.lock_count++;
		}
	w->pass->hits.at[id] = hit;
}

/* A guard on another place that still holds, and now is acted on: whoever comes later sees it. */
static void claim(struct path_state *s)
{
	for (unsigned int i = 0; i < s->token_count; i++)
		if (!s->tokens[i].site)
			s->tokens[i].test = 0;
}

void walk_write(struct path_walk *w, struct path_state *s, uint32_t location, struct path_value v,
                struct path_hit hit)
{
	int crossed = -1;
	bool fresh = false, flows = false, again = false;

	for (unsigned int i = 0; i < s->token_count; i++) {
		const struct path_token *t = &s->tokens[i];

		if (t->location != location)
			continue;
		if (v.all & (1ull << i) && t->site) {
			hit.kind = v.arith & (1ull << i) ? PATH_ARITH : PATH_FLOW;
			hit.content = !(v.direct & (1ull << i));
			hit_add(w, s, i, hit);
			flows = true;
		}
		/* made from what is there now, whatever was found there before */
		again |= v.all & (1ull << i) && !t->site;
		if (t->test && !t->site)
			fresh = true;
		else if (t->test && crossed < 0)
			crossed = (int)i;
	}
	if (crossed >= 0 && !fresh && !flows && !again) {
		hit.kind = PATH_GUARD;
		hit_add(w, s, (unsigned int)crossed, hit);
	}
	if (!hit.via)
		effect_add(w, s, location, hit.write, hit.constant, fresh);
	if (fresh)
		claim(s);
	for (unsigned int i = 0; i < s->token_count; i++)
		if (s->tokens[i].location == location)
			s->tokens[i].test = 0;
}

static bool is_constant(const struct path_walk *w, uint32_t value)
{
	const struct tree_node *n = walk_node_of(w, value);

	switch (n->kind) {
	case TREE_CONST:
	case TREE_NUMBER:
	case TREE_STRING:
		return true;
	case TREE_LIST:
	case TREE_DICT:
	case TREE_TUPLE:
	case TREE_SET:
		return !n->first;
	case TREE_UNARY:
	case TREE_NOT:
		return is_constant(w, n->first);
	default:
		return false;
	}
}

/* The location of what is in a container that a location holds: self.d[]. */
uint32_t path_content(const struct path_walk *w, uint32_t location)
{
	return program_internf(w->p, "%s[]", program_text(w->p, location));
}

/* Something is put into a container, or taken out of it. */
void walk_content(struct path_walk *w, struct path_state *s, uint32_t container,
                  struct path_hit hit)
{
	uint32_t key, location = path_location(w, container, &key);

	if (location && walk_node_of(w, container)->kind != TREE_SUBSCRIPT)
		walk_write(w, s, path_content(w, location), nothing, hit);
}

void walk_bind(struct path_walk *w, struct path_state *s, uint32_t target, struct path_value v,
               uint32_t value, uint32_t at)
{
	const struct tree_node *n = walk_node_of(w, target);
	uint32_t key, location;

	switch (n->kind) {
	case TREE_NONE:
	case TREE_ERROR:
		return;
	case TREE_NAME:
		location = path_location(w, target, &key);
		if (!location) {
			path_local_set(s, n->name, v);
			return;
		}
		break;
	case TREE_ATTR:
	case TREE_SUBSCRIPT:
		location = path_location(w, target, &key);
		if (n->kind == TREE_SUBSCRIPT)
			for (uint32_t c = walk_node_of(w, n->first)->next; c;
			     c = walk_node_of(w, c)->next)
				walk_expr(w, s, c);
		else if (!location)
			walk_expr(w, s, n->first);
		break;
	default:
		for (uint32_t c = n->first; c; c = walk_node_of(w, c)->next)
			walk_bind(w, s, c, nothing, 0, at);
		return;
	}
	if (location)
		walk_write(
			w, s, location, v,
			(struct path_hit){.write = at, .constant = value && is_constant(w, value)});
	if (n->kind == TREE_SUBSCRIPT)
		walk_content(w, s, n->first, (struct path_hit){.write = at});
}

void walk_remove(struct path_walk *w, struct path_state *s, uint32_t target, uint32_t at)
{
	uint32_t key, location = path_location(w, target, &key);

	if (walk_node_of(w, target)->kind == TREE_NAME && !location)
		path_local_set(s, walk_node_of(w, target)->name, nothing);
	if (location)
		walk_write(w, s, location, nothing,
		           (struct path_hit){.write = at, .removes = true});
	if (walk_node_of(w, target)->kind == TREE_SUBSCRIPT)
		walk_content(w, s, walk_node_of(w, target)->first,
		             (struct path_hit){.write = at, .removes = true});
}
