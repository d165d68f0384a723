/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_ref.c - what an expression denotes: a class, a function, an object of a class, ...
 *
 * All values that a name or attribute may have must agree, None aside; where
 * they do not, or one is not known, the answer is REF_UNKNOWN.
 */
#include <string.h>

#include "program_ref.h"
#include "language.h"
#include "program_attribute.h"
#include "program_node.h"

static bool ref_equal(struct program_ref a, struct program_ref b)
{
	return a.kind == b.kind && a.id == b.id;
}

/* `first` tells that nothing has been merged so far. */
struct program_ref program_ref_merge(struct program_ref a, struct program_ref b, bool first)
{
	if (first || a.kind == REF_NONE)
		return b;
	if (b.kind == REF_NONE || ref_equal(a, b))
		return a;
	return PROGRAM_REF_UNKNOWN;
}

static struct program_ref resolve_param(struct program *p, const struct program_binding *b,
                                        uint32_t scope)
{
	const struct program_func *f = &p->funcs.at[p->scopes.at[scope].id];
	const struct tree_node *n = program_node(p, b->file, b->node);

	if (p->scopes.at[scope].kind != SCOPE_FUNC)
		return PROGRAM_REF_UNKNOWN;
	if (f->self && f->self == n->name)
		return (struct program_ref){f->flags & FUNC_CLASSMETHOD ? REF_CLASS : REF_INSTANCE,
		                            f->class, 0};
	if (n->flags & (TREE_STARRED | TREE_DSTARRED) || !n->first)
		return PROGRAM_REF_UNKNOWN;
	if (program_node(p, b->file, n->first)->kind == TREE_NONE)
		return PROGRAM_REF_UNKNOWN;
	return p->language->annotation(p, b->in, n->first);
}

struct program_ref program_resolve_binding(struct program *p, uint32_t id, uint32_t scope)
{
	struct program_binding b = p->bindings.at[id];
	struct program_ref ref;

	switch (b.kind) {
	case BIND_ASSIGN:
	case BIND_SELF:
		ref = program_resolve(p, b.in, b.node);
		if (ref.kind == REF_UNKNOWN && b.note)
			ref = p->language->annotation(p, b.in, b.note);
		return ref;
	case BIND_FUNC:
		return (struct program_ref){REF_FUNC, b.id, 0};
	case BIND_CLASS:
		return (struct program_ref){REF_CLASS, b.id, 0};
	case BIND_IMPORT:
	case BIND_FROM:
		return p->language->import(p, b);
	case BIND_PARAM:
		return resolve_param(p, &b, scope);
	case BIND_ANNOTATION:
		return p->language->annotation(p, b.in, b.node);
	default:
		return PROGRAM_REF_UNKNOWN;
	}
}

/* All bindings of a name must agree. Stubs beside a real function (overloads) do not count. */
struct program_ref program_resolve_bindings(struct program *p, uint32_t head, uint32_t scope)
{
	struct program_ref ref = PROGRAM_REF_UNKNOWN;
	bool first = true, more = p->bindings.at[head].next != 0;

	for (uint32_t b = head; b; b = p->bindings.at[b].next) {
		const struct program_binding *at = &p->bindings.at[b];

		if (more && ((at->kind == BIND_FUNC && p->funcs.at[at->id].flags & FUNC_STUB) ||
		             at->kind == BIND_ANNOTATION))
			continue;
		ref = program_ref_merge(ref, program_resolve_binding(p, b, scope), first);
		first = false;
		if (!ref.kind)
			break;
	}
	return ref;
}

uint32_t program_name_scope(struct program *p, uint32_t scope, uint32_t name)
{
	for (uint32_t s = scope; s; s = p->scopes.at[s].parent) {
		if (s != scope && p->scopes.at[s].kind == SCOPE_CLASS)
			continue;
		if (program_map_get(&p->bound, s, name))
			return s;
	}
	return 0;
}

struct program_ref program_resolve_star(struct program *p, uint32_t file, uint32_t name)
{
	struct program_ref ref = PROGRAM_REF_UNKNOWN;

	if (p->depth > PROGRAM_REF_DEPTH || !name || program_text(p, name)[0] == '_')
		return PROGRAM_REF_UNKNOWN;
	p->depth += 4;
	for (uint32_t i = 1; i < p->stars.count && !ref.kind; i++) {
		uint32_t from;

		if (p->stars.at[i].file != file)
			continue;
		from = p->language->module_find(p, file, p->stars.at[i].module);
		if (from && from != file)
			ref = program_attribute_of(p, (struct program_ref){REF_MODULE, from, 0},
			                           name);
	}
	p->depth -= 4;
	return ref;
}

struct program_ref program_resolve_name(struct program *p, uint32_t scope, uint32_t name)
{
	uint32_t at = program_name_scope(p, scope, name);
	uint32_t key = at ? at : p->files.at[p->scopes.at[scope].file].scope;
	uint32_t memo = program_map_get(&p->name_refs, key, name);
	struct program_ref ref;

	if (memo)
		return p->refs.at[memo];
	if (p->depth > PROGRAM_REF_DEPTH)
		return PROGRAM_REF_UNKNOWN;
	p->depth++;
	memo = program_push(p, &p->refs);
	program_map_set(p, &p->name_refs, key, name,
	                memo); /* PROGRAM_REF_UNKNOWN, while it is asked for */
	if (at)
		ref = program_resolve_bindings(p, program_map_get(&p->bound, at, name), at);
	else
		ref = program_resolve_star(p, p->scopes.at[scope].file, name);
	p->depth--;
	if (memo)
		p->refs.at[memo] = ref;
	return ref;
}

static struct program_ref resolve_call(struct program *p, uint32_t scope, uint32_t file,
                                       uint32_t node)
{
	const struct tree_node *n = program_node(p, file, node);
	const struct tree_node *f = program_node(p, file, n->first);
	struct program_ref callee, arg;
	uint32_t func;

	if (f->kind == TREE_NAME && !strcmp(program_text(p, f->name), p->language->super) &&
	    !f->next && !program_name_scope(p, scope, f->name)) {
		func = program_enclosing_func(p, file, node);
		while (func && !p->funcs.at[func].class)
			func = p->funcs.at[func].parent;
		return func ? (struct program_ref){REF_SUPER, p->funcs.at[func].class, 0}
		            : PROGRAM_REF_UNKNOWN;
	}
	callee = program_resolve(p, scope, n->first);
	switch (callee.kind) {
	case REF_CLASS:
		return (struct program_ref){REF_INSTANCE, callee.id, 0};
	case REF_FUNC:
		if (p->funcs.at[callee.id].flags & FUNC_ASYNC)
			return (struct program_ref){REF_CORO, callee.id, callee.other};
		return program_returned(p, callee.id);
	case REF_EXTERN:
		break;
	default:
		return PROGRAM_REF_UNKNOWN;
	}
	if (f->next && p->language->makes_container(program_text(p, callee.id))) {
		arg = program_resolve(p, scope, f->next);
		if (arg.kind == REF_EXTERN && p->language->known_class(program_text(p, arg.id)))
			return (struct program_ref){REF_CONTAINER, arg.id, node};
	}
	callee.id = p->language->made(p, callee.id, f->next != 0);
	if (p->language->known_class(program_text(p, callee.id)))
		return (struct program_ref){REF_EXTERN_INSTANCE, callee.id, node};
	return (struct program_ref){REF_EXTERN_RESULT, callee.id, node};
}

static struct program_ref resolve_either(struct program *p, uint32_t scope, uint32_t file,
                                         uint32_t a)
{
	uint32_t b = program_node(p, file, a)->next;
	struct program_ref ref = program_resolve(p, scope, a);

	return b ? program_ref_merge(ref, program_resolve(p, scope, b), false) : ref;
}

struct program_ref program_resolve(struct program *p, uint32_t scope, uint32_t node)
{
	uint32_t file = p->scopes.at[scope].file;
	const struct tree_node *n = program_node(p, file, node);
	struct program_ref ref = PROGRAM_REF_UNKNOWN;

	if (p->depth > PROGRAM_REF_DEPTH)
		return PROGRAM_REF_UNKNOWN;
	p->depth++;
	switch (n->kind) {
	case TREE_NAME:
		ref = program_resolve_name(p, scope, n->name);
		break;
	case TREE_ATTR:
		ref = program_attribute_of(p, program_resolve(p, scope, n->first), n->name);
		break;
	case TREE_CALL:
		ref = resolve_call(p, scope, file, node);
		break;
	case TREE_SUBSCRIPT:
		ref = program_resolve(p, scope, n->first);
		ref.kind = ref.kind == REF_CONTAINER ? REF_EXTERN_INSTANCE : REF_UNKNOWN;
		break;
	case TREE_CONST:
		ref.kind = n->name == p->n_none ? REF_NONE : REF_UNKNOWN;
		break;
	case TREE_WALRUS:
		ref = program_resolve(p, scope, n->first);
		break;
	case TREE_OR:
		ref = resolve_either(p, scope, file, n->first);
		break;
	case TREE_IFEXP:
		ref = resolve_either(p, scope, file, program_node(p, file, n->first)->next);
		break;
	case TREE_AWAIT:
		ref = program_resolve(p, scope, n->first);
		ref = ref.kind == REF_CORO ? program_returned(p, ref.id) : PROGRAM_REF_UNKNOWN;
		break;
	default:
		break;
	}
	p->depth--;
	return ref;
}

struct program_ref program_instance_of(struct program *p, struct program_ref class, uint32_t node)
{
	if (class.kind == REF_CLASS)
		return (struct program_ref){REF_INSTANCE, class.id, 0};
	if (class.kind == REF_EXTERN && p->language->known_class(program_text(p, class.id)))
		return (struct program_ref){REF_EXTERN_INSTANCE, class.id, node};
	return PROGRAM_REF_UNKNOWN;
}

struct program_ref program_returned(struct program *p, uint32_t func)
{
	const struct program_func *f = &p->funcs.at[func];
	uint32_t type = program_child(p, f->file, f->node, 2);

	if (f->flags & (FUNC_UNKNOWN_DECO | FUNC_LEGACY) ||
	    program_node(p, f->file, type)->kind == TREE_NONE)
		return PROGRAM_REF_UNKNOWN;
	return p->language->annotation(p, p->scopes.at[f->scope].parent, type);
}
