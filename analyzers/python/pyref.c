/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pyref.c - what an expression denotes: a class, a function, an object of a class, ...
 *
 * All values that a name or attribute may have must agree, None aside; where
 * they do not, or one is not known, the answer is REF_UNKNOWN.
 */
#include <string.h>

#include "pyprogram.h"

#define DEPTH 24

static const struct py_ref unknown = {REF_UNKNOWN, 0, 0};

static bool ref_equal(struct py_ref a, struct py_ref b)
{
	return a.kind == b.kind && a.id == b.id;
}

/* `first` tells that nothing has been merged so far. */
static struct py_ref ref_merge(struct py_ref a, struct py_ref b, bool first)
{
	if (first || a.kind == REF_NONE)
		return b;
	if (b.kind == REF_NONE || ref_equal(a, b))
		return a;
	return unknown;
}

static struct py_ref instance_of(struct py_program *p, struct py_ref class, uint32_t node)
{
	if (class.kind == REF_CLASS)
		return (struct py_ref){REF_INSTANCE, class.id, 0};
	if (class.kind == REF_EXTERN && py_known_class(py_text(p, class.id)))
		return (struct py_ref){REF_EXTERN_INSTANCE, class.id, node};
	return unknown;
}

/* "X" and Optional["X"]: a name in a string. */
static struct py_ref resolve_string_type(struct py_program *p, uint32_t scope, uint32_t name)
{
	const char *text = py_text(p, name), *dot = strchr(text, '.');
	struct py_ref ref;

	if (!*text || strpbrk(text, "[]|, ("))
		return unknown;
	ref = py_resolve_name(p, scope,
	                      py_intern(p, text, dot ? (size_t)(dot - text) : strlen(text)));
	while (dot) {
		const char *end = strchr(dot + 1, '.');
		size_t size = end ? (size_t)(end - dot - 1) : strlen(dot + 1);

		ref = py_attribute_of(p, ref, py_intern(p, dot + 1, size));
		dot = end;
	}
	return instance_of(p, ref, 0);
}

static bool last_is(const char *text, const char *name)
{
	size_t n = strlen(text), m = strlen(name);

	return n >= m && !strcmp(text + n - m, name);
}

static struct py_ref resolve_generic(struct py_program *p, uint32_t scope, uint32_t file,
                                     uint32_t node)
{
	const struct py_node *n = py_node(p, file, node);
	const char *name = py_text(p, py_node(p, file, n->first)->name);
	uint32_t arg = py_node(p, file, n->first)->next;
	const struct py_node *a = arg ? py_node(p, file, arg) : NULL;

	if (a && a->kind == PY_TUPLE) {
		arg = a->first;
		a = arg ? py_node(p, file, arg) : NULL;
	}
	if (!a)
		return unknown;
	if (!strcmp(name, "Optional") || !strcmp(name, "Final") || !strcmp(name, "ClassVar") ||
	    !strcmp(name, "Annotated"))
		return py_resolve_annotation(p, scope, arg);
	if (last_is(name, "Dict") || last_is(name, "dict") || last_is(name, "Mapping")) {
		struct py_ref ref = a->next ? py_resolve_annotation(p, scope, a->next) : unknown;

		if (ref.kind == REF_EXTERN_INSTANCE)
			return (struct py_ref){REF_CONTAINER, ref.id, 0};
		return unknown;
	}
	return instance_of(p, py_resolve(p, scope, n->first), 0);
}

struct py_ref py_resolve_annotation(struct py_program *p, uint32_t scope, uint32_t node)
{
	uint32_t file = p->scopes.at[scope].file;
	const struct py_node *n = py_node(p, file, node);
	struct py_ref ref = unknown;

	if (p->depth > DEPTH)
		return unknown;
	p->depth++;
	switch (n->kind) {
	case PY_NAME:
	case PY_ATTR:
		ref = instance_of(p, py_resolve(p, scope, node), 0);
		break;
	case PY_STRING:
		ref = resolve_string_type(p, scope, n->name);
		break;
	case PY_CONST:
		ref.kind = !strcmp(py_text(p, n->name), "None") ? REF_NONE : REF_UNKNOWN;
		break;
	case PY_SUBSCRIPT:
		ref = resolve_generic(p, scope, file, node);
		break;
	case PY_BINOP:
	case PY_OPAQUE:
		for (uint32_t c = n->first; c; c = py_node(p, file, c)->next)
			ref = ref_merge(ref, py_resolve_annotation(p, scope, c), c == n->first);
		break;
	default:
		break;
	}
	p->depth--;
	return ref;
}

static struct py_ref returned(struct py_program *p, uint32_t func)
{
	const struct py_func *f = &p->funcs.at[func];
	uint32_t type = py_child(p, f->file, f->node, 2);

	if (f->flags & (FUNC_UNKNOWN_DECO | FUNC_LEGACY) ||
	    py_node(p, f->file, type)->kind == PY_NONE)
		return unknown;
	return py_resolve_annotation(p, p->scopes.at[f->scope].parent, type);
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
	                    last_is(py_text(p, b->id), ".") ? "" : ".", py_text(p, b->other));
	file = file ? 0 : py_module_find(p, b->file, module);
	if (file)
		return (struct py_ref){REF_MODULE, file, 0};
	if (py_text(p, b->id)[0] == '.' || py_module_find(p, b->file, b->id))
		return unknown;
	return (struct py_ref){REF_EXTERN, py_canonical(p, module), 0};
}

static struct py_ref resolve_param(struct py_program *p, const struct py_binding *b, uint32_t scope)
{
	const struct py_func *f = &p->funcs.at[p->scopes.at[scope].id];
	const struct py_node *n = py_node(p, b->file, b->node);

	if (p->scopes.at[scope].kind != SCOPE_FUNC)
		return unknown;
	if (f->self && f->self == n->name)
		return (struct py_ref){f->flags & FUNC_CLASSMETHOD ? REF_CLASS : REF_INSTANCE,
		                       f->class, 0};
	if (n->flags & (PY_STARRED | PY_DSTARRED) || !n->first)
		return unknown;
	if (py_node(p, b->file, n->first)->kind == PY_NONE)
		return unknown;
	return py_resolve_annotation(p, b->in, n->first);
}

static struct py_ref resolve_binding(struct py_program *p, uint32_t id, uint32_t scope)
{
	struct py_binding b = p->bindings.at[id];
	struct py_ref ref = unknown;

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
		return unknown;
	}
}

/* All bindings of a name must agree. Stubs beside a real function (overloads) do not count. */
static struct py_ref resolve_bindings(struct py_program *p, uint32_t head, uint32_t scope)
{
	struct py_ref ref = unknown;
	bool first = true, more = p->bindings.at[head].next != 0;

	for (uint32_t b = head; b; b = p->bindings.at[b].next) {
		const struct py_binding *at = &p->bindings.at[b];

		if (more && ((at->kind == BIND_FUNC && p->funcs.at[at->id].flags & FUNC_STUB) ||
		             at->kind == BIND_ANNOTATION))
			continue;
		ref = ref_merge(ref, resolve_binding(p, b, scope), first);
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

static struct py_ref resolve_star(struct py_program *p, uint32_t file, uint32_t name)
{
	struct py_ref ref = unknown;

	if (p->depth > DEPTH || !name || py_text(p, name)[0] == '_')
		return unknown;
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
	if (p->depth > DEPTH)
		return unknown;
	p->depth++;
	memo = py_push(p, &p->refs);
	py_map_set(p, &p->name_refs, key, name, memo); /* unknown, while it is asked for */
	if (at)
		ref = resolve_bindings(p, py_map_get(&p->bound, at, name), at);
	else
		ref = resolve_star(p, p->scopes.at[scope].file, name);
	p->depth--;
	if (memo)
		p->refs.at[memo] = ref;
	return ref;
}

/* A call may also be of an override in a class that mixes this one with others. */
static bool super_is_certain(const struct py_program *p, uint32_t class, uint32_t name)
{
	const struct py_class *c = &p->classes.at[class];

	for (uint32_t i = 0; i < c->below_count; i++) {
		const struct py_class *d = &p->classes.at[p->lists.at[c->below + i]];

		for (uint32_t k = 0; k < d->mro_count; k++) {
			uint32_t m = p->lists.at[d->mro + k];

			if (!py_class_derives(p, class, m) && !py_class_derives(p, m, class) &&
			    py_map_get(&p->bound, p->classes.at[m].scope, name))
				return false;
		}
	}
	return true;
}

/* A method or class attribute, looked up in the order of `class` from place `from` on. */
static struct py_ref class_attribute(struct py_program *p, uint32_t class, uint32_t name,
                                     uint32_t from, uint32_t receiver, bool instance)
{
	const struct py_class *c = &p->classes.at[class];

	for (uint32_t i = from; i < c->mro_count; i++) {
		uint32_t m = p->lists.at[c->mro + i];
		uint32_t head = py_map_get(&p->bound, p->classes.at[m].scope, name);
		struct py_ref ref;

		if (!head)
			continue;
		if (p->bindings.at[head].kind != BIND_FUNC &&
		    p->bindings.at[head].kind != BIND_CLASS)
			return instance ? py_attribute_type(p, class, name) : unknown;
		ref = resolve_bindings(p, head, p->classes.at[m].scope);
		if (ref.kind != REF_FUNC)
			return ref.kind == REF_CLASS ? ref : unknown;
		if (p->funcs.at[ref.id].flags & FUNC_PROPERTY)
			return instance ? returned(p, ref.id) : unknown;
		ref.other = receiver;
		return ref;
	}
	return instance ? py_attribute_type(p, class, name) : unknown;
}

static struct py_ref module_attribute(struct py_program *p, uint32_t file, uint32_t name)
{
	struct py_ref ref = unknown;
	uint32_t sub;

	if (!p->files.at[file].tree && p->want && !p->files.at[file].err)
		py_map_set(p, &p->wanted, file, 0, 1);
	if (p->files.at[file].scope) {
		uint32_t head = py_map_get(&p->bound, p->files.at[file].scope, name);

		ref = head ? py_resolve_name(p, p->files.at[file].scope, name)
		           : resolve_star(p, file, name);
		if (head || ref.kind)
			return ref;
	}
	if (!p->files.at[file].is_init)
		return unknown;
	sub = py_module_find(p, file, py_internf(p, ".%s", py_text(p, name)));
	return sub ? (struct py_ref){REF_MODULE, sub, 0} : unknown;
}

struct py_ref py_attribute_of(struct py_program *p, struct py_ref object, uint32_t name)
{
	struct py_ref ref = unknown;

	if (p->depth > DEPTH)
		return unknown;
	p->depth++;
	switch (object.kind) {
	case REF_MODULE:
		ref = module_attribute(p, object.id, name);
		break;
	case REF_EXTERN:
	case REF_EXTERN_INSTANCE:
		ref = (struct py_ref){REF_EXTERN,
		                      py_canonical(p, py_internf(p, "%s.%s", py_text(p, object.id),
		                                                 py_text(p, name))),
		                      0};
		break;
	case REF_CLASS:
		ref = class_attribute(p, object.id, name, 0, 0, false);
		break;
	case REF_INSTANCE:
		ref = class_attribute(p, object.id, name, 0, object.id, true);
		break;
	case REF_SUPER:
		if (super_is_certain(p, object.id, name))
			ref = class_attribute(p, object.id, name, 1, 0, true);
		break;
	default:
		break;
	}
	p->depth--;
	return ref;
}

/* Could x.name = ..., with x something else than self, be about this class? */
static bool stored_elsewhere(struct py_program *p, uint32_t class, uint32_t name)
{
	if (!py_map_get(&p->stored, name, 0))
		return false;
	for (uint32_t i = 1; i < p->stores.count; i++) {
		const struct py_store *s = &p->stores.at[i];
		uint32_t scope;
		struct py_ref ref;

		if (s->name != name)
			continue;
		scope = py_enclosing_scope(p, s->file, s->node);
		ref = py_resolve(p, scope, py_node(p, s->file, s->node)->first);
		if (ref.kind == REF_MODULE ||
		    (ref.kind == REF_INSTANCE && !py_class_related(p, ref.id, class)))
			continue;
		return true;
	}
	return false;
}

static void attribute_merge(struct py_program *p, uint32_t class, uint32_t name, struct py_ref *ref,
                            struct py_ref *noted, bool *first)
{
	uint32_t b = py_map_get(&p->bound, p->classes.at[class].scope, name);

	for (; b; b = p->bindings.at[b].next) {
		const struct py_binding *at = &p->bindings.at[b];

		if (at->kind == BIND_ANNOTATION || at->note) {
			struct py_ref note =
				py_resolve_annotation(p, at->in, at->note ? at->note : at->node);

			if (note.kind && note.kind != REF_NONE)
				*noted = note;
		}
		if (at->kind == BIND_ANNOTATION)
			continue;
		*ref = ref_merge(*ref, resolve_binding(p, b, at->in), *first);
		*first = false;
	}
}

struct py_ref py_attribute_type(struct py_program *p, uint32_t class, uint32_t name)
{
	const struct py_class *c = &p->classes.at[class];
	uint32_t memo = py_map_get(&p->attr_refs, class, name);
	struct py_ref ref = unknown, noted = unknown;
	bool first = true;

	if (memo)
		return p->refs.at[memo];
	if (p->depth > DEPTH)
		return unknown;
	p->depth++;
	memo = py_push(p, &p->refs);
	py_map_set(p, &p->attr_refs, class, name, memo); /* unknown, while it is asked for */
	for (uint32_t i = 0; i < c->mro_count; i++)
		attribute_merge(p, p->lists.at[c->mro + i], name, &ref, &noted, &first);
	for (uint32_t i = 0; i < c->below_count; i++)
		attribute_merge(p, p->lists.at[c->below + i], name, &ref, &noted, &first);
	if (!ref.kind && noted.kind)
		ref = noted;
	if (ref.kind && stored_elsewhere(p, class, name))
		ref = unknown;
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
		return func ? (struct py_ref){REF_SUPER, p->funcs.at[func].class, 0} : unknown;
	}
	callee = py_resolve(p, scope, n->first);
	switch (callee.kind) {
	case REF_CLASS:
		return (struct py_ref){REF_INSTANCE, callee.id, 0};
	case REF_FUNC:
		if (p->funcs.at[callee.id].flags & FUNC_ASYNC)
			return (struct py_ref){REF_CORO, callee.id, callee.other};
		return returned(p, callee.id);
	case REF_EXTERN:
		break;
	default:
		return unknown;
	}
	if (last_is(py_text(p, callee.id), "defaultdict") && f->next) {
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

	return b ? ref_merge(ref, py_resolve(p, scope, b), false) : ref;
}

struct py_ref py_resolve(struct py_program *p, uint32_t scope, uint32_t node)
{
	uint32_t file = p->scopes.at[scope].file;
	const struct py_node *n = py_node(p, file, node);
	struct py_ref ref = unknown;

	if (p->depth > DEPTH)
		return unknown;
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
		ref = ref.kind == REF_CORO ? returned(p, ref.id) : unknown;
		break;
	default:
		break;
	}
	p->depth--;
	return ref;
}
