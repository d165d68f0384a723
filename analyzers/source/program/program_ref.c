/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_ref.c - what an expression denotes: a class, a function, an object of a class, ...
 *
 * All values that a name or attribute may have must agree, None aside; where
 * they do not, or one is not known, the answer is REF_UNKNOWN.
 */
#include <string.h>

#include "program_ref.h"

static bool ref_equal(struct py_ref a, struct py_ref b)
{
	return a.kind == b.kind && a.id == b.id;
}

/* `first` tells that nothing has been merged so far. */
struct py_ref py_ref_merge(struct py_ref a, struct py_ref b, bool first)
{
	if (first || a.kind == REF_NONE)
		return b;
	if (b.kind == REF_NONE || ref_equal(a, b))
		return a;
	return PY_REF_UNKNOWN;
}

static struct py_ref resolve_import(struct py_program *p, const struct py_binding *b)
{
	uint32_t module, file;
	struct py_ref ref;

	if (b->kind == BIND_IMPORT) {
		file = py_module_find(p, b->file, b->id);
		return file ? (struct py_ref){REF_MODULE, file, 0}
		            : (struct py_ref){REF_EXTERN, b->id, 0};
	}
	file = py_module_find(p, b->file, b->id);
	if (file && file != b->file) {
		ref = py_attribute_of(p, (struct py_ref){REF_MODULE, file, 0}, b->other);
		if (ref.kind)
			return ref;
	}
	module = py_internf(p, "%s%s%s", py_text(p, b->id),
	                    py_text_ends(py_text(p, b->id), ".") ? "" : ".", py_text(p, b->other));
	file = file ? 0 : py_module_find(p, b->file, module);
	if (file)
		return (struct py_ref){REF_MODULE, file, 0};
	if (py_text(p, b->id)[0] == '.' || py_module_find(p, b->file, b->id))
		return PY_REF_UNKNOWN;
	return (struct py_ref){REF_EXTERN, py_canonical(p, module), 0};
}

static struct py_ref resolve_param(struct py_program *p, const struct py_binding *b, uint32_t scope)
{
	const struct py_func *f = &p->funcs.at[p->scopes.at[scope].id];
	const struct py_node *n = py_node(p, b->file, b->node);

	if (p->scopes.at[scope].kind != SCOPE_FUNC)
		return PY_REF_UNKNOWN;
	if (f->self && f->self == n->name)
		return (struct py_ref){f->flags & FUNC_CLASSMETHOD ? REF_CLASS : REF_INSTANCE,
		                       f->class, 0};
	if (n->flags & (PY_STARRED | PY_DSTARRED) || !n->first)
		return PY_REF_UNKNOWN;
	if (py_node(p, b->file, n->first)->kind == PY_NONE)
		return PY_REF_UNKNOWN;
	return py_resolve_annotation(p, b->in, n->first);
}

struct py_ref py_resolve_binding(struct py_program *p, uint32_t id, uint32_t scope)
{
	struct py_binding b = p->bindings.at[id];
	struct py_ref ref;

	switch (b.kind) {
	case BIND_ASSIGN:
	case BIND_SELF:
		ref = py_resolve(p, b.in, b.node);
		if (ref.kind == REF_UNKNOWN && b.note)
			ref = py_resolve_annotation(p, b.in, b.note);
		return ref;
	case BIND_FUNC:
		return (struct py_ref){REF_FUNC, b.id, 0};
	case BIND_CLASS:
		return (struct py_ref){REF_CLASS, b.id, 0};
	case BIND_IMPORT:
	case BIND_FROM:
		return resolve_import(p, &b);
	case BIND_PARAM:
		return resolve_param(p, &b, scope);
	case BIND_ANNOTATION:
		return py_resolve_annotation(p, b.in, b.node);
	default:
		return PY_REF_UNKNOWN;
	}
}

/* All bindings of a name must agree. Stubs beside a real function (overloads) do not count. */
struct py_ref py_resolve_bindings(struct py_program *p, uint32_t head, uint32_t scope)
{
	struct py_ref ref = PY_REF_UNKNOWN;
	bool first = true, more = p->bindings.at[head].next != 0;

	for (uint32_t b = head; b; b = p->bindings.at[b].next) {
		const struct py_binding *at = &p->bindings.at[b];

		if (more && ((at->kind == BIND_FUNC && p->funcs.at[at->id].flags & FUNC_STUB) ||
		             at->kind == BIND_ANNOTATION))
			continue;
		ref = py_ref_merge(ref, py_resolve_binding(p, b, scope), first);
		first = false;
		if (!ref.kind)
			break;
	}
	return ref;
}

uint32_t py_name_scope(struct py_program *p, uint32_t scope, uint32_t name)
{
	for (uint32_t s = scope; s; s = p->scopes.at[s].parent) {
		if (s != scope && p->scopes.at[s].kind == SCOPE_CLASS)
			continue;
		if (py_map_get(&p->bound, s, name))
			return s;
	}
	return 0;
}

struct py_ref py_resolve_star(struct py_program *p, uint32_t file, uint32_t name)
{
	struct py_ref ref = PY_REF_UNKNOWN;

	if (p->depth > PY_REF_DEPTH || !name || py_text(p, name)[0] == '_')
		return PY_REF_UNKNOWN;
	p->depth += 4;
	for (uint32_t i = 1; i < p->stars.count && !ref.kind; i++) {
		uint32_t from;

		if (p->stars.at[i].file != file)
			continue;
		from = py_module_find(p, file, p->stars.at[i].module);
		if (from && from != file)
			ref = py_attribute_of(p, (struct py_ref){REF_MODULE, from, 0}, name);
	}
	p->depth -= 4;
	return ref;
}

struct py_ref py_resolve_name(struct py_program *p, uint32_t scope, uint32_t name)
{
	uint32_t at = py_name_scope(p, scope, name);
	uint32_t key = at ? at : p->files.at[p->scopes.at[scope].file].scope;
	uint32_t memo = py_map_get(&p->name_refs, key, name);
	struct py_ref ref;

	if (memo)
		return p->refs.at[memo];
	if (p->depth > PY_REF_DEPTH)
		return PY_REF_UNKNOWN;
	p->depth++;
	memo = py_push(p, &p->refs);
	py_map_set(p, &p->name_refs, key, name, memo); /* PY_REF_UNKNOWN, while it is asked for */
	if (at)
		ref = py_resolve_bindings(p, py_map_get(&p->bound, at, name), at);
	else
		ref = py_resolve_star(p, p->scopes.at[scope].file, name);
	p->depth--;
	if (memo)
		p->refs.at[memo] = ref;
	return ref;
}

static struct py_ref resolve_call(struct py_program *p, uint32_t scope, uint32_t file,
                                  uint32_t node)
{
	const struct py_node *n = py_node(p, file, node);
	const struct py_node *f = py_node(p, file, n->first);
	struct py_ref callee, arg;
	uint32_t func;

	if (f->kind == PY_NAME && !strcmp(py_text(p, f->name), "super") && !f->next &&
	    !py_name_scope(p, scope, f->name)) {
		func = py_enclosing_func(p, file, node);
		while (func && !p->funcs.at[func].class)
			func = p->funcs.at[func].parent;
		return func ? (struct py_ref){REF_SUPER, p->funcs.at[func].class, 0}
		            : PY_REF_UNKNOWN;
	}
	callee = py_resolve(p, scope, n->first);
	switch (callee.kind) {
	case REF_CLASS:
		return (struct py_ref){REF_INSTANCE, callee.id, 0};
	case REF_FUNC:
		if (p->funcs.at[callee.id].flags & FUNC_ASYNC)
			return (struct py_ref){REF_CORO, callee.id, callee.other};
		return py_returned(p, callee.id);
	case REF_EXTERN:
		break;
	default:
		return PY_REF_UNKNOWN;
	}
	if (py_text_ends(py_text(p, callee.id), "defaultdict") && f->next) {
		arg = py_resolve(p, scope, f->next);
		if (arg.kind == REF_EXTERN && py_known_class(py_text(p, arg.id)))
			return (struct py_ref){REF_CONTAINER, arg.id, node};
	}
	if (!f->next && !strcmp(py_text(p, callee.id), "asyncio.Queue"))
		callee.id = py_intern_text(p, "asyncio.UnboundedQueue");
	if (py_known_class(py_text(p, callee.id)))
		return (struct py_ref){REF_EXTERN_INSTANCE, callee.id, node};
	return (struct py_ref){REF_EXTERN_RESULT, callee.id, node};
}

static struct py_ref resolve_either(struct py_program *p, uint32_t scope, uint32_t file, uint32_t a)
{
	uint32_t b = py_node(p, file, a)->next;
	struct py_ref ref = py_resolve(p, scope, a);

	return b ? py_ref_merge(ref, py_resolve(p, scope, b), false) : ref;
}

struct py_ref py_resolve(struct py_program *p, uint32_t scope, uint32_t node)
{
	uint32_t file = p->scopes.at[scope].file;
	const struct py_node *n = py_node(p, file, node);
	struct py_ref ref = PY_REF_UNKNOWN;

	if (p->depth > PY_REF_DEPTH)
		return PY_REF_UNKNOWN;
	p->depth++;
	switch (n->kind) {
	case PY_NAME:
		ref = py_resolve_name(p, scope, n->name);
		break;
	case PY_ATTR:
		ref = py_attribute_of(p, py_resolve(p, scope, n->first), n->name);
		break;
	case PY_CALL:
		ref = resolve_call(p, scope, file, node);
		break;
	case PY_SUBSCRIPT:
		ref = py_resolve(p, scope, n->first);
		ref.kind = ref.kind == REF_CONTAINER ? REF_EXTERN_INSTANCE : REF_UNKNOWN;
		break;
	case PY_CONST:
		ref.kind = n->name == p->n_none ? REF_NONE : REF_UNKNOWN;
		break;
	case PY_WALRUS:
		ref = py_resolve(p, scope, n->first);
		break;
	case PY_OR:
		ref = resolve_either(p, scope, file, n->first);
		break;
	case PY_IFEXP:
		ref = resolve_either(p, scope, file, py_node(p, file, n->first)->next);
		break;
	case PY_AWAIT:
		ref = py_resolve(p, scope, n->first);
		ref = ref.kind == REF_CORO ? py_returned(p, ref.id) : PY_REF_UNKNOWN;
		break;
	default:
		break;
	}
	p->depth--;
	return ref;
}
