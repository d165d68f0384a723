/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pypath_expr.c - expressions on a path: locations read, tested and written.
 */
#include <string.h>

#include "pypath_walk.h"

static const struct path_value nothing = {0, 0, 0};

static bool is_self(const struct path_walk *w, uint32_t node)
{
	const struct py_func *f = &w->p->funcs.at[w->func];
	const struct py_node *n = walk_node_of(w, node);

	return n->kind == PY_NAME && f->self && n->name == f->self;
}

/* A variable of the module that some function declares global and writes. */
static bool written_global(const struct path_walk *w, uint32_t name)
{
	struct py_program *p = w->p;
	uint32_t module = p->files.at[w->file].scope, b;

	if (py_name_scope(p, w->scope, name) != module)
		return false;
	for (b = py_map_get(&p->bound, module, name); b; b = p->bindings.at[b].next)
		if (p->bindings.at[b].in != module &&
		    (p->bindings.at[b].kind == BIND_ASSIGN || p->bindings.at[b].kind == BIND_OTHER))
			return true;
	return false;
}

/* The location of an entry: self.d[k], self.d["k"], self.d[0]. 0: it has no simple key. */
static uint32_t entry_of(const struct path_walk *w, uint32_t base, uint32_t index, uint32_t *key)
{
	struct py_program *p = w->p;
	const struct py_node *k = walk_node_of(w, index);

	*key = 0;
	if (!base || !index || !k->name)
		return 0;
	switch (k->kind) {
	case PY_NAME:
		*key = k->name;
		return py_internf(p, "%s[%s]", py_text(p, base), py_text(p, k->name));
	case PY_STRING:
		return py_internf(p, "%s[\"%s\"]", py_text(p, base), py_text(p, k->name));
	case PY_NUMBER:
		return py_internf(p, "%s[%s]", py_text(p, base), py_text(p, k->name));
	default:
		return 0;
	}
}

/* The location that an expression denotes: self.x, self.d[k], a global variable. 0: none. */
static uint32_t location_of(const struct path_walk *w, uint32_t node, uint32_t *key)
{
	struct py_program *p = w->p;
	const struct py_node *n = walk_node_of(w, node);
	uint32_t base;

	*key = 0;
	switch (n->kind) {
	case PY_ATTR:
		return is_self(w, n->first) ? py_internf(p, "self.%s", py_text(p, n->name)) : 0;
	case PY_NAME:
		if (!written_global(w, n->name))
			return 0;
		return py_internf(p, "%s.%s", py_text(p, p->files.at[w->file].module),
		                  py_text(p, n->name));
	case PY_SUBSCRIPT:
		base = location_of(w, n->first, key);
		if (!base || walk_node_of(w, n->first)->kind == PY_SUBSCRIPT)
			return 0;
		return entry_of(w, base, walk_node_of(w, n->first)->next, key);
	default:
		return 0;
	}
}

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

static void effect_add(struct path_walk *w, const struct path_state *s, uint32_t location,
                       uint32_t at, bool constant, bool guarded)
{
	struct path_summary *summary = &w->pass->summaries[w->func];
	bool locked = false;
	uint32_t id;

	for (unsigned int i = 0; i < PATH_LOCKS; i++)
		locked |= s->locks[i] != 0;
	id = py_push(w->p, &w->pass->writers);
	if (id)
		w->pass->writers.at[id] = (struct path_writer){w->func, location, at};
	for (uint32_t i = 1; i < summary->effects.count; i++)
		if (summary->effects.at[i].node == at &&
		    summary->effects.at[i].location == location) {
			summary->effects.at[i].late &= s->suspended && !locked && !guarded;
			return;
		}
	id = py_push(w->p, &summary->effects);
	if (id)
		summary->effects.at[id] = (struct path_effect){
			location, at, s->suspended && !locked && !guarded, constant};
}

static void hit_add(struct path_walk *w, const struct path_state *s, unsigned int token,
                    struct path_hit hit)
{
	const struct path_token *t = &s->tokens[token];
	uint32_t id = py_push(w->p, &w->pass->hits), at;

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
			at = py_push(w->p, &w->p->lists);
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

static void write_location(struct path_walk *w, struct path_state *s, uint32_t location,
                           struct path_value v, struct path_hit hit)
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
	const struct py_node *n = walk_node_of(w, value);

	switch (n->kind) {
	case PY_CONST:
	case PY_NUMBER:
	case PY_STRING:
		return true;
	case PY_LIST:
	case PY_DICT:
	case PY_TUPLE:
	case PY_SET:
		return !n->first;
	case PY_UNARY:
	case PY_NOT:
		return is_constant(w, n->first);
	default:
		return false;
	}
}

/* The location of what is in a container that a location holds: self.d[]. */
static uint32_t content_of(const struct path_walk *w, uint32_t location)
{
	return py_internf(w->p, "%s[]", py_text(w->p, location));
}

/* Something is put into a container, or taken out of it. */
static void content_write(struct path_walk *w, struct path_state *s, uint32_t container,
                          struct path_hit hit)
{
	uint32_t key, location = location_of(w, container, &key);

	if (location && walk_node_of(w, container)->kind != PY_SUBSCRIPT)
		write_location(w, s, content_of(w, location), nothing, hit);
}

void walk_bind(struct path_walk *w, struct path_state *s, uint32_t target, struct path_value v,
               uint32_t value, uint32_t at)
{
	const struct py_node *n = walk_node_of(w, target);
	uint32_t key, location;

	switch (n->kind) {
	case PY_NONE:
	case PY_ERROR:
		return;
	case PY_NAME:
		location = location_of(w, target, &key);
		if (!location) {
			path_local_set(s, n->name, v);
			return;
		}
		break;
	case PY_ATTR:
	case PY_SUBSCRIPT:
		location = location_of(w, target, &key);
		if (n->kind == PY_SUBSCRIPT)
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
		write_location(
			w, s, location, v,
			(struct path_hit){.write = at, .constant = value && is_constant(w, value)});
	if (n->kind == PY_SUBSCRIPT)
		content_write(w, s, n->first, (struct path_hit){.write = at});
}

void walk_remove(struct path_walk *w, struct path_state *s, uint32_t target, uint32_t at)
{
	uint32_t key, location = location_of(w, target, &key);

	if (walk_node_of(w, target)->kind == PY_NAME && !location)
		path_local_set(s, walk_node_of(w, target)->name, nothing);
	if (location)
		write_location(w, s, location, nothing,
		               (struct path_hit){.write = at, .removes = true});
	if (walk_node_of(w, target)->kind == PY_SUBSCRIPT)
		content_write(w, s, walk_node_of(w, target)->first,
		              (struct path_hit){.write = at, .removes = true});
}

void walk_site(struct path_walk *w, struct path_state *s, uint32_t node, uint32_t more)
{
	uint32_t site = w->p->files.at[w->file].owner[node];

	if (site && py_site_suspends(w->p, site + more))
		path_cross(s, site + more);
}

void path_cross_maybe(struct path_walk *w, struct path_state *s, uint32_t block)
{
	uint32_t site = py_suspends_within(w->p, w->file, block, false);

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
		write_location(
			w, s, e.location, nothing,
			(struct path_hit){.write = e.node, .via = callee, .constant = e.constant});
	}
	(void)call;
}

/* The method of our own object that a call runs; 0: another, or not known. */
static uint32_t own_callee(struct path_walk *w, uint32_t call)
{
	const struct py_node *f = walk_node_of(w, walk_node_of(w, call)->first);
	struct py_ref ref;

	if (walk_node_of(w, call)->kind != PY_CALL || f->kind != PY_ATTR || !is_self(w, f->first))
		return 0;
	ref = py_resolve(w->p, w->scope, walk_node_of(w, call)->first);
	return ref.kind == REF_FUNC ? ref.id : 0;
}

static struct path_value join_values(struct path_value a, struct path_value b)
{
	return (struct path_value){a.all | b.all, a.direct | b.direct, a.arith | b.arith};
}

/* What a method of a list, dict, set or deque does to it. */
static const struct method {
	const char *name;
	enum method_effect { METHOD_PUTS, METHOD_REMOVES, METHOD_POPS, METHOD_GETS } effect;
} methods[] = {
	{"append", METHOD_PUTS},     {"appendleft", METHOD_PUTS}, {"add", METHOD_PUTS},
	{"insert", METHOD_PUTS},     {"extend", METHOD_PUTS},     {"update", METHOD_PUTS},
	{"setdefault", METHOD_PUTS}, {"remove", METHOD_REMOVES},  {"discard", METHOD_REMOVES},
	{"clear", METHOD_REMOVES},   {"popleft", METHOD_REMOVES}, {"popitem", METHOD_REMOVES},
	{"pop", METHOD_POPS},        {"get", METHOD_GETS},
};

static const struct method *method_find(const char *name)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if (!strcmp(methods[i].name, name))
			return &methods[i];
	return NULL;
}

/* A call of a method of a container: self.d.get(k) reads an entry, self.d.pop(k) removes one, and
 * fails if it is gone, without a default. */
static struct path_value container_call(struct path_walk *w, struct path_state *s, uint32_t node)
{
	const struct py_node *f = walk_node_of(w, walk_node_of(w, node)->first), *k;
	const struct method *method =
		f->kind == PY_ATTR ? method_find(py_text(w->p, f->name)) : NULL;
	uint32_t key, base = method ? location_of(w, f->first, &key) : 0, entry = 0;

	if (!base || key)
		return nothing;
	k = walk_node_of(w, f->next);
	if (f->next && (k->kind == PY_NAME || method->effect == METHOD_GETS))
		entry = entry_of(w, base, f->next, &key);
	if (method->effect == METHOD_GETS)
		return entry ? read_location(s, entry, key, node) : nothing;
	if (method->effect == METHOD_POPS && entry && !k->next)
		write_location(w, s, entry, nothing,
		               (struct path_hit){.write = node, .removes = true});
	content_write(w, s, f->first,
	              (struct path_hit){.write = node, .removes = method->effect != METHOD_PUTS});
	return nothing;
}

static struct path_value walk_call(struct path_walk *w, struct path_state *s, uint32_t node)
{
	const struct py_node *n = walk_node_of(w, node), *f = walk_node_of(w, n->first);
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
		const struct py_node *n = walk_node_of(w, c);

		if (n->kind == PY_COMP_FOR) {
			v = join_values(v, walk_expr(w, s, n->first));
			if (n->flags & PY_ASYNC)
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
	const struct py_node *n = walk_node_of(w, node);
	struct path_value v = nothing;
	uint32_t key, location;
	const char *op;

	if (++w->pass->steps > PATH_STEPS)
		return nothing;
	switch (n->kind) {
	case PY_NONE:
	case PY_LAMBDA:
	case PY_FUNC:
	case PY_CLASS:
		return nothing;
	case PY_NAME:
		location = location_of(w, node, &key);
		return location ? read_location(s, location, key, node)
		                : path_local_get(s, n->name);
	case PY_ATTR:
		location = location_of(w, node, &key);
		if (location)
			return read_location(s, location, key, node);
		v = walk_expr(w, s, n->first);
		v.direct = v.arith = 0;
		return v;
	case PY_SUBSCRIPT:
		location = location_of(w, node, &key);
		v = walk_children(w, s, node, false);
		return location ? join_values(v, read_location(s, location, key, node)) : v;
	case PY_CALL:
		return walk_call(w, s, node);
	case PY_AWAIT:
		return walk_await(w, s, node);
	case PY_YIELD:
		walk_children(w, s, node, false);
		path_cross(s, w->p->files.at[w->file].owner[node]);
		return nothing;
	case PY_BINOP:
		v = walk_children(w, s, node, true);
		op = py_text(w->p, n->name);
		v.arith |= !strcmp(op, "+") || !strcmp(op, "-") || !strcmp(op, "*") ? v.direct : 0;
		v.direct = 0;
		return v;
	case PY_COMP:
		return walk_comp(w, s, node);
	case PY_WALRUS:
		v = walk_expr(w, s, n->first);
		path_local_set(s, n->name, v);
		return v;
	case PY_IFEXP:
		walk_expr(w, s, n->first);
		for (uint32_t c = walk_node_of(w, n->first)->next; c; c = walk_node_of(w, c)->next)
			v = join_values(v, walk_expr(w, s, c));
		return v;
	case PY_AND:
	case PY_OR:
		return walk_children(w, s, node, true);
	default:
		return walk_children(w, s, node, false);
	}
}

/* Which reads does a tested expression look at, after it was evaluated? */
static uint64_t tested(struct path_walk *w, const struct path_state *s, uint32_t node)
{
	const struct py_node *n = walk_node_of(w, node);
	uint64_t set = 0;

	if (n->kind == PY_NAME || n->kind == PY_WALRUS)
		set |= path_local_get(s, n->name).direct;
	for (unsigned int i = 0; i < s->token_count; i++)
		if (s->tokens[i].node == node)
			set |= 1ull << i;
	return set;
}

static void guard(struct path_state *s, uint64_t set, enum path_polarity polarity, uint32_t test)
{
	for (unsigned int i = 0; i < s->token_count; i++)
		if (set & (1ull << i)) {
			/* checked anew: an older check no longer matters */
			for (unsigned int k = 0; k < s->token_count; k++)
				if (s->tokens[k].location == s->tokens[i].location &&
				    !s->tokens[i].site)
					s->tokens[k].test = 0;
			s->tokens[i].test = test;
			s->tokens[i].polarity = (uint8_t)polarity;
			s->tokens[i].raises = false;
		}
}

/* Everything that was read inside becomes a guard of no known direction. */
static void guard_all(struct path_walk *w, struct path_state *s, uint32_t node, uint32_t test)
{
	guard(s, tested(w, s, node), POLARITY_OTHER, test);
	for (uint32_t c = walk_node_of(w, node)->first; c; c = walk_node_of(w, c)->next)
		guard_all(w, s, c, test);
}

static bool is_none(const struct path_walk *w, uint32_t node)
{
	const struct py_node *n = walk_node_of(w, node);

	return n->kind == PY_CONST && n->name == w->p->n_none;
}

/* k in self.d: the entry self.d[k] is there, or not. */
static void guard_entry(struct path_walk *w, struct path_state *s, uint32_t left, uint32_t right,
                        bool present, uint32_t test)
{
	const struct py_node *k = walk_node_of(w, left);
	uint32_t key, base = location_of(w, right, &key), location;
	unsigned int at;

	if (!base || key || !k->name ||
	    (k->kind != PY_NAME && k->kind != PY_STRING && k->kind != PY_NUMBER))
		return;
	location = py_internf(w->p, "%s[%s]", py_text(w->p, base), py_text(w->p, k->name));
	at = path_token_add(s, location, k->kind == PY_NAME ? k->name : 0, left);
	if (at < PATH_TOKENS)
		guard(s, 1ull << at, present ? POLARITY_FULL : POLARITY_EMPTY, test);
}

/* if self.d: there is something in it, or not. */
static void guard_content(struct path_walk *w, struct path_state *s, uint32_t node, bool full,
                          uint32_t test)
{
	uint32_t key, location = location_of(w, node, &key);
	unsigned int at;

	if (!location || walk_node_of(w, node)->kind != PY_ATTR ||
	    s->token_count > PATH_TOKENS * 3 / 4) /* the rest is for what is read */
		return;
	/* the node of `self` stands for the read: that of the attribute has a token */
	at = path_token_add(s, content_of(w, location), 0, walk_node_of(w, node)->first);
	if (at < PATH_TOKENS)
		guard(s, 1ull << at, full ? POLARITY_FULL : POLARITY_EMPTY, test);
}

static void test_compare(struct path_walk *w, struct path_state *s, uint32_t node, bool outcome,
                         uint32_t test)
{
	const struct py_node *n = walk_node_of(w, node);
	const char *op = py_text(w->p, n->name);
	uint32_t left = n->first, right = walk_node_of(w, left)->next;
	bool negative = !strcmp(op, "is not") || !strcmp(op, "!=") || !strcmp(op, "not in");

	if (!strcmp(op, "in") || !strcmp(op, "not in")) {
		guard_entry(w, s, left, right, outcome != negative, test);
		return;
	}
	if (is_none(w, right) && strcmp(op, "chain") != 0) {
		guard(s, tested(w, s, left), outcome != negative ? POLARITY_EMPTY : POLARITY_FULL,
		      test);
		return;
	}
	guard_all(w, s, node, test);
}

void walk_test(struct path_walk *w, struct path_state *s, uint32_t node, bool outcome,
               uint32_t test)
{
	const struct py_node *n = walk_node_of(w, node);

	switch (n->kind) {
	case PY_NOT:
		walk_test(w, s, n->first, !outcome, test);
		return;
	case PY_AND:
	case PY_OR:
		/* (a and b) is true, (a or b) is false: then both are known */
		for (uint32_t c = n->first; c; c = walk_node_of(w, c)->next) {
			if (outcome == (n->kind == PY_AND))
				walk_test(w, s, c, outcome, test);
			else
				guard_all(w, s, c, test);
		}
		return;
	case PY_COMPARE:
		test_compare(w, s, node, outcome, test);
		return;
	case PY_NAME:
	case PY_ATTR:
	case PY_SUBSCRIPT:
	case PY_WALRUS:
		guard(s, tested(w, s, node), outcome ? POLARITY_FULL : POLARITY_EMPTY, test);
		guard_content(w, s, node, outcome, test);
		return;
	default:
		guard_all(w, s, node, test);
	}
}
