/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_attribute.c - what an attribute of a module, a class or an object denotes.
 */
#include <string.h>

#include "program_ref.h"

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
			return instance ? py_attribute_type(p, class, name) : PY_REF_UNKNOWN;
		ref = py_resolve_bindings(p, head, p->classes.at[m].scope);
		if (ref.kind != REF_FUNC)
			return ref.kind == REF_CLASS ? ref : PY_REF_UNKNOWN;
		if (p->funcs.at[ref.id].flags & FUNC_PROPERTY &&
		    p->funcs.at[ref.id].flags & FUNC_ASYNC)
			return PY_REF_UNKNOWN; /* its coroutine, not what that returns */
		if (p->funcs.at[ref.id].flags & FUNC_PROPERTY)
			return instance ? py_returned(p, ref.id) : PY_REF_UNKNOWN;
		ref.other = receiver;
		return ref;
	}
	return instance ? py_attribute_type(p, class, name) : PY_REF_UNKNOWN;
}

static struct py_ref module_attribute(struct py_program *p, uint32_t file, uint32_t name)
{
	struct py_ref ref;
	uint32_t sub;

	if (!p->files.at[file].tree && p->want && !p->files.at[file].err)
		py_map_set(p, &p->wanted, file, 0, 1);
	if (p->files.at[file].scope) {
		uint32_t head = py_map_get(&p->bound, p->files.at[file].scope, name);

		ref = head ? py_resolve_name(p, p->files.at[file].scope, name)
		           : py_resolve_star(p, file, name);
		if (head || ref.kind)
			return ref;
	}
	if (!p->files.at[file].is_init)
		return PY_REF_UNKNOWN;
	sub = py_module_find(p, file, py_internf(p, ".%s", py_text(p, name)));
	return sub ? (struct py_ref){REF_MODULE, sub, 0} : PY_REF_UNKNOWN;
}

struct py_ref py_attribute_of(struct py_program *p, struct py_ref object, uint32_t name)
{
	struct py_ref ref = PY_REF_UNKNOWN;

	if (p->depth > PY_REF_DEPTH)
		return PY_REF_UNKNOWN;
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
		*ref = py_ref_merge(*ref, py_resolve_binding(p, b, at->in), *first);
		*first = false;
	}
}

struct py_ref py_attribute_type(struct py_program *p, uint32_t class, uint32_t name)
{
	const struct py_class *c = &p->classes.at[class];
	uint32_t memo = py_map_get(&p->attr_refs, class, name);
	struct py_ref ref = PY_REF_UNKNOWN, noted = PY_REF_UNKNOWN;
	bool first = true;

	if (memo)
		return p->refs.at[memo];
	if (p->depth > PY_REF_DEPTH)
		return PY_REF_UNKNOWN;
	p->depth++;
	memo = py_push(p, &p->refs);
	py_map_set(p, &p->attr_refs, class, name, memo); /* PY_REF_UNKNOWN, while it is asked for */
	for (uint32_t i = 0; i < c->mro_count; i++)
		attribute_merge(p, p->lists.at[c->mro + i], name, &ref, &noted, &first);
	for (uint32_t i = 0; i < c->below_count; i++)
		attribute_merge(p, p->lists.at[c->below + i], name, &ref, &noted, &first);
	if (!ref.kind && noted.kind)
		ref = noted;
	if (ref.kind && stored_elsewhere(p, class, name))
		ref = PY_REF_UNKNOWN;
	p->depth--;
	if (memo)
		p->refs.at[memo] = ref;
	return ref;
}
