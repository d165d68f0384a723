/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_attribute.c - what an attribute of a module, a class or an object denotes.
 */
#include <string.h>

#include "program_attribute.h"
#include "language.h"
#include "program_node.h"

/* A call may also be of an override in a class that mixes this one with others. */
static bool super_is_certain(const struct program *p, uint32_t class, uint32_t name)
{
	const struct program_class *c = &p->classes.at[class];

	for (uint32_t i = 0; i < c->below_count; i++) {
		const struct program_class *d = &p->classes.at[p->lists.at[c->below + i]];

		for (uint32_t k = 0; k < d->mro_count; k++) {
			uint32_t m = p->lists.at[d->mro + k];

			if (!program_class_derives(p, class, m) &&
			    !program_class_derives(p, m, class) &&
			    program_map_get(&p->bound, p->classes.at[m].scope, name))
				return false;
		}
	}
	return true;
}

/* A method or class attribute, looked up in the order of `class` from place `from` on. */
static struct program_ref class_attribute(struct program *p, uint32_t class, uint32_t name,
                                          uint32_t from, uint32_t receiver, bool instance)
{
	const struct program_class *c = &p->classes.at[class];

	for (uint32_t i = from; i < c->mro_count; i++) {
		uint32_t m = p->lists.at[c->mro + i];
		uint32_t head = program_map_get(&p->bound, p->classes.at[m].scope, name);
		struct program_ref ref;

		if (!head)
			continue;
		if (p->bindings.at[head].kind != BIND_FUNC &&
		    p->bindings.at[head].kind != BIND_CLASS)
			return instance ? program_attribute_type(p, class, name)
			                : PROGRAM_REF_UNKNOWN;
		ref = program_resolve_bindings(p, head, p->classes.at[m].scope);
		if (ref.kind != REF_FUNC)
			return ref.kind == REF_CLASS ? ref : PROGRAM_REF_UNKNOWN;
		if (p->funcs.at[ref.id].flags & FUNC_PROPERTY &&
		    p->funcs.at[ref.id].flags & FUNC_ASYNC)
			return PROGRAM_REF_UNKNOWN; /* its coroutine, not what that returns */
		if (p->funcs.at[ref.id].flags & FUNC_PROPERTY)
			return instance ? program_returned(p, ref.id) : PROGRAM_REF_UNKNOWN;
		ref.other = receiver;
		return ref;
	}
	return instance ? program_attribute_type(p, class, name) : PROGRAM_REF_UNKNOWN;
}

static struct program_ref module_attribute(struct program *p, uint32_t file, uint32_t name)
{
	struct program_ref ref;
	uint32_t sub;

	if (!p->files.at[file].tree && p->want && !p->files.at[file].err)
		program_map_set(p, &p->wanted, file, 0, 1);
	if (p->files.at[file].scope) {
		uint32_t head = program_map_get(&p->bound, p->files.at[file].scope, name);

		ref = head ? program_resolve_name(p, p->files.at[file].scope, name)
		           : program_resolve_star(p, file, name);
		if (head || ref.kind)
			return ref;
	}
	if (!p->files.at[file].is_init)
		return PROGRAM_REF_UNKNOWN;
	sub = p->language->module_inside(p, file, name);
	return sub ? (struct program_ref){REF_MODULE, sub, 0} : PROGRAM_REF_UNKNOWN;
}

struct program_ref program_attribute_of(struct program *p, struct program_ref object, uint32_t name)
{
	struct program_ref ref = PROGRAM_REF_UNKNOWN;

	if (p->depth > PROGRAM_REF_DEPTH)
		return PROGRAM_REF_UNKNOWN;
	p->depth++;
	switch (object.kind) {
	case REF_MODULE:
		ref = module_attribute(p, object.id, name);
		break;
	case REF_EXTERN:
	case REF_EXTERN_INSTANCE:
		ref = (struct program_ref){
			REF_EXTERN,
			p->language->canonical(p, program_internf(p, "%s.%s",
		                                                  program_text(p, object.id),
		                                                  program_text(p, name))),
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
static bool stored_elsewhere(struct program *p, uint32_t class, uint32_t name)
{
	if (!program_map_get(&p->stored, name, 0))
		return false;
	for (uint32_t i = 1; i < p->stores.count; i++) {
		const struct program_store *s = &p->stores.at[i];
		uint32_t scope;
		struct program_ref ref;

		if (s->name != name)
			continue;
		scope = program_enclosing_scope(p, s->file, s->node);
		ref = program_resolve(p, scope, program_node(p, s->file, s->node)->first);
		if (ref.kind == REF_MODULE ||
		    (ref.kind == REF_INSTANCE && !program_class_related(p, ref.id, class)))
			continue;
		return true;
	}
	return false;
}

static void attribute_merge(struct program *p, uint32_t class, uint32_t name,
                            struct program_ref *ref, struct program_ref *noted, bool *first)
{
	uint32_t b = program_map_get(&p->bound, p->classes.at[class].scope, name);

	for (; b; b = p->bindings.at[b].next) {
		const struct program_binding *at = &p->bindings.at[b];

		if (at->kind == BIND_ANNOTATION || at->note) {
			struct program_ref note =
				p->language->annotation(p, at->in, at->note ? at->note : at->node);

			if (note.kind && note.kind != REF_NONE)
				*noted = note;
		}
		if (at->kind == BIND_ANNOTATION)
			continue;
		*ref = program_ref_merge(*ref, program_resolve_binding(p, b, at->in), *first);
		*first = false;
	}
}

struct program_ref program_attribute_type(struct program *p, uint32_t class, uint32_t name)
{
	const struct program_class *c = &p->classes.at[class];
	uint32_t memo = program_map_get(&p->attr_refs, class, name);
	struct program_ref ref = PROGRAM_REF_UNKNOWN, noted = PROGRAM_REF_UNKNOWN;
	bool first = true;

	if (memo)
		return p->refs.at[memo];
	if (p->depth > PROGRAM_REF_DEPTH)
		return PROGRAM_REF_UNKNOWN;
	p->depth++;
	memo = program_push(p, &p->refs);
	program_map_set(p, &p->attr_refs, class, name,
	                memo); /* PROGRAM_REF_UNKNOWN, while it is asked for */
	for (uint32_t i = 0; i < c->mro_count; i++)
		attribute_merge(p, p->lists.at[c->mro + i], name, &ref, &noted, &first);
	for (uint32_t i = 0; i < c->below_count; i++)
		attribute_merge(p, p->lists.at[c->below + i], name, &ref, &noted, &first);
	if (!ref.kind && noted.kind)
		ref = noted;
	if (ref.kind && stored_elsewhere(p, class, name))
		ref = PROGRAM_REF_UNKNOWN;
	p->depth--;
	if (memo)
		p->refs.at[memo] = ref;
	return ref;
}
