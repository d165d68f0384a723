/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_index.c - one file's scopes: its functions and classes, and what is bound to each name.
 */
#include <stdlib.h>
#include <string.h>

#include "program_index.h"
#include "language.h"
#include "program.h"

struct index {
	struct program *p;
	uint32_t file;
	const struct tree_node *nodes;
	struct program_map global; /* (scope, name): declared global or nonlocal there */
};

static void index_block(struct index *x, uint32_t scope, uint32_t node);
static void index_node(struct index *x, uint32_t scope, uint32_t node);

static struct program_binding *bind(struct index *x, uint32_t scope, enum program_bind kind,
                                    uint32_t name)
{
	static struct program_binding nowhere; /* written without memory, never read */
	struct program *p = x->p;
	uint32_t id, head;
	struct program_binding *b;

	if (p->scopes.at[scope].kind == SCOPE_FUNC && program_map_get(&x->global, scope, name))
		scope = program_map_get(&x->global, scope, name);
	id = program_push(p, &p->bindings);
	if (!id)
		return &nowhere;
	b = &p->bindings.at[id];
	*b = (struct program_binding){.kind = kind, .name = name, .file = x->file, .in = scope};
	head = program_map_get(&p->bound, scope, name);
	if (!head) {
		program_map_set(p, &p->bound, scope, name, id);
	} else {
		b->next = p->bindings.at[head].next;
		p->bindings.at[head].next = id;
	}
	return b;
}

static uint32_t scope_new(struct index *x, enum program_scope_kind kind, uint32_t parent,
                          uint32_t id)
{
	uint32_t scope = program_push(x->p, &x->p->scopes);

	if (scope)
		x->p->scopes.at[scope] = (struct program_scope){kind, x->file, parent, id};
	return scope;
}

/* The class whose object `node` is, if it is the method's own first parameter. */
static uint32_t self_class(struct index *x, uint32_t scope, uint32_t node)
{
	const struct program *p = x->p;
	const struct tree_node *n = &x->nodes[node];

	if (n->kind != TREE_NAME)
		return 0;
	while (scope && p->scopes.at[scope].kind == SCOPE_FUNC) {
		const struct program_func *f = &p->funcs.at[p->scopes.at[scope].id];

		if (f->self && f->self == n->name)
			return f->class;
		if (program_map_get(&p->bound, scope, n->name))
			return 0;
		scope = p->scopes.at[scope].parent;
	}
	return 0;
}

/* Are these two of the same length, with nothing starred in them? */
static bool is_paired(const struct index *x, uint32_t target, uint32_t value)
{
	uint32_t a = x->nodes[target].first, b = value ? x->nodes[value].first : 0;

	if (x->nodes[target].kind != TREE_TUPLE || !value || x->nodes[value].kind != TREE_TUPLE)
		return false;
	for (; a && b; a = x->nodes[a].next, b = x->nodes[b].next)
		if (x->nodes[a].kind == TREE_STAR || x->nodes[b].kind == TREE_STAR)
			return false;
	return !a && !b;
}

/* Binds what stands on the left of something; `value` is 0 where it is not known. */
static void bind_target(struct index *x, uint32_t scope, uint32_t target, uint32_t value,
                        uint32_t at, uint32_t note)
{
	const struct tree_node *n = &x->nodes[target];
	struct program_binding *b;
	uint32_t class;

	switch (n->kind) {
	case TREE_NAME:
		b = bind(x, scope, value ? BIND_ASSIGN : BIND_OTHER, n->name);
		b->node = value;
		b->at = at;
		b->in = scope;
		b->note = note;
		break;
	case TREE_ATTR:
		class = self_class(x, scope, n->first);
		if (class) {
			b = bind(x, x->p->classes.at[class].scope, value ? BIND_SELF : BIND_OTHER,
			         n->name);
			b->node = value;
			b->at = at;
			b->in = scope;
			b->note = note;
		} else {
			uint32_t id = program_push(x->p, &x->p->stores);

			if (id) {
				x->p->stores.at[id].file = x->file;
				x->p->stores.at[id].node = target;
				x->p->stores.at[id].name = n->name;
			}
			program_map_set(x->p, &x->p->stored, n->name, 0, 1);
		}
		break;
	case TREE_SUBSCRIPT:
		break;
	default:
		value = is_paired(x, target, value) ? x->nodes[value].first : 0;
		for (uint32_t c = n->first; c; c = x->nodes[c].next) {
			bind_target(x, scope, c, value, at, 0);
			value = value ? x->nodes[value].next : 0;
		}
	}
}

static bool is_stub(struct index *x, uint32_t block)
{
	for (uint32_t s = x->nodes[block].first; s; s = x->nodes[s].next) {
		const struct tree_node *n = &x->nodes[s];
		uint8_t inner = n->first ? x->nodes[n->first].kind : TREE_NONE;

		if (n->kind == TREE_PASS || n->kind == TREE_RAISE)
			continue;
		if (n->kind == TREE_EXPR && (inner == TREE_STRING || inner == TREE_CONST))
			continue;
		return false;
	}
	return true;
}

static void index_params(struct index *x, uint32_t scope, uint32_t params, uint32_t around)
{
	for (uint32_t c = x->nodes[params].first; c; c = x->nodes[c].next) {
		struct program_binding *b = bind(x, scope, BIND_PARAM, x->nodes[c].name);

		b->node = c;
		b->at = c;
		b->in = around; /* where its annotation is evaluated */
		for (uint32_t k = x->nodes[c].first; k; k = x->nodes[k].next)
			index_node(x, around, k);
	}
}

static uint32_t qualname(struct index *x, uint32_t scope, uint32_t name)
{
	struct program *p = x->p;
	const struct program_scope *s = &p->scopes.at[scope];

	if (s->kind == SCOPE_CLASS)
		return program_internf(p, "%s.%s", program_text(p, p->classes.at[s->id].qualname),
		                       program_text(p, name));
	if (s->kind == SCOPE_FUNC)
		return program_internf(p, "%s.%s.%s", program_text(p, p->funcs.at[s->id].qualname),
		                       p->language->inner, program_text(p, name));
	return name;
}

static void index_func(struct index *x, uint32_t scope, uint32_t node)
{
	struct program *p = x->p;
	uint32_t decorators = x->nodes[node].first, params = x->nodes[decorators].next;
	uint32_t type = x->nodes[params].next, block = x->nodes[type].next;
	uint32_t id = program_push(p, &p->funcs), first = x->nodes[params].first;
	uint32_t own = scope_new(x, SCOPE_FUNC, scope, id), deco = x->nodes[decorators].first;
	struct program_func *f;
	struct program_binding *b;

	if (!id || !own)
		return;
	f = &p->funcs.at[id];
	f->file = x->file;
	f->node = node;
	f->name = x->nodes[node].name;
	f->scope = own;
	f->line = deco ? x->nodes[decorators].line : x->nodes[node].line;
	if (x->nodes[node].flags & TREE_ASYNC)
		f->flags |= FUNC_ASYNC;
	if (x->nodes[node].flags & TREE_HAS_ERROR)
		f->flags |= FUNC_HAS_ERROR;
	if (is_stub(x, block))
		f->flags |= FUNC_STUB;
	if (p->scopes.at[scope].kind == SCOPE_CLASS) {
		uint32_t flags = 0;

		f->class = p->scopes.at[scope].id;
		for (uint32_t d = deco; d; d = x->nodes[d].next)
			if (x->nodes[d].kind == TREE_NAME &&
			    p->language->known_decorator(program_text(p, x->nodes[d].name), &flags))
				f->flags |= flags & FUNC_STATIC;
		if (first && !(f->flags & FUNC_STATIC) &&
		    !(x->nodes[first].flags & (TREE_STARRED | TREE_DSTARRED)))
			f->self = x->nodes[first].name;
	} else if (p->scopes.at[scope].kind == SCOPE_FUNC) {
		f->parent = p->scopes.at[scope].id;
	}
	f->qualname = qualname(x, scope, f->name);
	p->files.at[x->file].owner[node] = id;
	b = bind(x, scope, BIND_FUNC, x->nodes[node].name);
	b->id = id;
	b->at = node;
	for (uint32_t d = deco; d; d = x->nodes[d].next)
		index_node(x, scope, d);
	index_params(x, own, params, scope);
	index_block(x, own, block);
}

static void index_class(struct index *x, uint32_t scope, uint32_t node)
{
	struct program *p = x->p;
	uint32_t decorators = x->nodes[node].first, bases = x->nodes[decorators].next;
	uint32_t block = x->nodes[bases].next, id = program_push(p, &p->classes);
	uint32_t own = scope_new(x, SCOPE_CLASS, scope, id);
	struct program_class *c;
	struct program_binding *b;

	if (!id || !own)
		return;
	c = &p->classes.at[id];
	c->file = x->file;
	c->node = node;
	c->name = x->nodes[node].name;
	c->scope = own;
	c->qualname = qualname(x, scope, c->name);
	p->files.at[x->file].owner[node] = id;
	b = bind(x, scope, BIND_CLASS, x->nodes[node].name);
	b->id = id;
	b->at = node;
	index_node(x, scope, decorators);
	index_node(x, scope, bases);
	index_block(x, own, block);
}

/* Is it a module that can switch tasks inside of any call, or one inside of such a package? */
static bool switches(struct program *p, uint32_t module)
{
	const char *text = program_text(p, module);
	uint32_t package = program_intern(p, text, strcspn(text, "."));

	return strstr(text, p->language->switcher) || language_means(p, package) & MEANS_SWITCHES;
}

static void index_import(struct index *x, uint32_t scope, uint32_t node)
{
	struct program *p = x->p;
	const struct tree_node *n = &x->nodes[node];

	for (uint32_t a = n->first; a; a = x->nodes[a].next) {
		uint32_t name = x->nodes[x->nodes[a].first].name, as = x->nodes[a].name;
		const char *text = program_text(p, name);
		size_t first = strcspn(text, ".");
		struct program_binding *b;

		if (switches(p, n->kind == TREE_IMPORT ? name : n->name) ||
		    strstr(text, p->language->switcher))
			p->switches = true;
		if (n->kind == TREE_IMPORT) {
			b = bind(x, scope, BIND_IMPORT, as ? as : program_intern(p, text, first));
			b->id = as ? name : program_intern(p, text, first);
		} else if (name == p->n_star) {
			uint32_t id = program_push(p, &p->stars);

			if (id) {
				p->stars.at[id].file = x->file;
				p->stars.at[id].module = n->name;
			}
			continue;
		} else {
			b = bind(x, scope, BIND_FROM, as ? as : name);
			b->id = n->name;
			b->other = name;
		}
		b->at = a;
	}
}

static void index_global(struct index *x, uint32_t scope, uint32_t node)
{
	struct program *p = x->p;

	for (uint32_t c = x->nodes[node].first; c; c = x->nodes[c].next) {
		uint32_t name = x->nodes[c].name, to = p->files.at[x->file].scope;

		if (x->nodes[node].kind == TREE_NONLOCAL) {
			to = p->scopes.at[scope].parent;
			while (to && !program_map_get(&p->bound, to, name) &&
			       p->scopes.at[to].parent)
				to = p->scopes.at[to].parent;
		}
		if (to)
			program_map_set(p, &x->global, scope, name, to);
	}
}

static void index_yield(struct index *x, uint32_t scope)
{
	if (x->p->scopes.at[scope].kind == SCOPE_FUNC)
		x->p->funcs.at[x->p->scopes.at[scope].id].flags |= FUNC_GENERATOR;
}

/* Binds a `for` or comprehension target, or what `with` gives. */
static void index_loose(struct index *x, uint32_t scope, uint32_t target)
{
	bind_target(x, scope, target, 0, target, 0);
	index_node(x, scope, target);
}

/* Names by which a program asks for steps that run inside of other steps. */
static void index_ways(struct program *p, uint32_t name)
{
	if (strstr(program_text(p, name), p->language->eager))
		p->eager = true;
	p->nests |= (language_means(p, name) & MEANS_INSIDE) != 0;
}

static void index_statement(struct index *x, uint32_t scope, uint32_t node)
{
	const struct tree_node *n = &x->nodes[node];
	uint32_t first = n->first, c, second = first ? x->nodes[first].next : 0;

	switch (n->kind) {
	case TREE_ASSIGN:
		for (c = second; c; c = x->nodes[c].next)
			bind_target(x, scope, c, first, node, 0);
		break;
	case TREE_ANNASSIGN:
		c = second ? x->nodes[second].next : 0;
		if (x->nodes[first].kind != TREE_NONE) {
			bind_target(x, scope, second, first, node, c);
		} else if (x->nodes[second].kind == TREE_NAME) {
			struct program_binding *b =
				bind(x, scope, BIND_ANNOTATION, x->nodes[second].name);

			b->node = c;
			b->at = node;
		}
		break;
	case TREE_AUGASSIGN:
		bind_target(x, scope, first, 0, node, 0);
		break;
	case TREE_DEL:
		for (c = first; c; c = x->nodes[c].next)
			if (x->nodes[c].kind == TREE_NAME)
				bind_target(x, scope, c, 0, node, 0);
		break;
	case TREE_WALRUS:
		bind(x, scope, BIND_OTHER, n->name)->at = node;
		break;
	case TREE_HANDLER:
		if (n->name)
			bind(x, scope, BIND_OTHER, n->name)->at = node;
		break;
	default:
		break;
	}
	for (c = first; c; c = x->nodes[c].next)
		index_node(x, scope, c);
}

static void index_node(struct index *x, uint32_t scope, uint32_t node)
{
	const struct tree_node *n = &x->nodes[node];
	uint32_t second = n->first ? x->nodes[n->first].next : 0;

	switch (n->kind) {
	case TREE_FUNC:
		index_func(x, scope, node);
		return;
	case TREE_CLASS:
		index_class(x, scope, node);
		return;
	case TREE_IMPORT:
	case TREE_FROM:
		index_import(x, scope, node);
		return;
	case TREE_GLOBAL:
	case TREE_NONLOCAL:
		index_global(x, scope, node);
		return;
	case TREE_YIELD:
	case TREE_YIELD_FROM:
		index_yield(x, scope);
		break;
	case TREE_FOR:
	case TREE_COMP_FOR:
	case TREE_ITEM:
		index_node(x, scope, n->first);
		index_loose(x, scope, second);
		for (uint32_t c = x->nodes[second].next; c; c = x->nodes[c].next)
			index_node(x, scope, c);
		return;
	case TREE_LAMBDA:
		for (uint32_t c = x->nodes[n->first].first; c; c = x->nodes[c].next)
			bind(x, scope, BIND_OTHER, x->nodes[c].name)->at = c;
		break;
	case TREE_CASE:
		index_loose(x, scope, n->first);
		break;
	case TREE_NAME:
	case TREE_ATTR:
	case TREE_KEYWORD:
	case TREE_STRING:
		index_ways(x->p, n->name);
		break;
	default:
		break;
	}
	index_statement(x, scope, node);
}

static void index_block(struct index *x, uint32_t scope, uint32_t node)
{
	for (uint32_t c = x->nodes[node].first; c; c = x->nodes[c].next)
		index_node(x, scope, c);
}

void program_index_file(struct program *p, uint32_t file)
{
	struct program_file *f = &p->files.at[file];
	struct index x = {p, file, f->tree->nodes, {0}};

	for (uint32_t i = 0; i < f->tree->node_count; i++)
		for (uint32_t c = x.nodes[i].first; c; c = x.nodes[c].next)
			f->parent[c] = i;
	f->scope = scope_new(&x, SCOPE_MODULE, 0, file);
	if (f->scope)
		index_block(&x, f->scope, 0);
	program_map_fini(&x.global);
}
