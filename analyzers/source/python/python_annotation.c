/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_annotation.c - what an annotation says of a value.
 */
#include <string.h>

#include "source/program/program_ref.h"

struct py_ref py_instance_of(struct py_program *p, struct py_ref class, uint32_t node)
{
	if (class.kind == REF_CLASS)
		return (struct py_ref){REF_INSTANCE, class.id, 0};
	if (class.kind == REF_EXTERN && py_known_class(py_text(p, class.id)))
		return (struct py_ref){REF_EXTERN_INSTANCE, class.id, node};
	return PY_REF_UNKNOWN;
}

/* "X" and Optional["X"]: a name in a string. */
static struct py_ref resolve_string_type(struct py_program *p, uint32_t scope, uint32_t name)
{
	const char *text = py_text(p, name), *dot = strchr(text, '.');
	struct py_ref ref;

	if (!*text || strpbrk(text, "[]|, ("))
		return PY_REF_UNKNOWN;
	ref = py_resolve_name(p, scope,
	                      py_intern(p, text, dot ? (size_t)(dot - text) : strlen(text)));
	while (dot) {
		const char *end = strchr(dot + 1, '.');
		size_t size = end ? (size_t)(end - dot - 1) : strlen(dot + 1);

		ref = py_attribute_of(p, ref, py_intern(p, dot + 1, size));
		dot = end;
	}
	return py_instance_of(p, ref, 0);
}

bool py_text_ends(const char *text, const char *name)
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
		return PY_REF_UNKNOWN;
	if (!strcmp(name, "Optional") || !strcmp(name, "Final") || !strcmp(name, "ClassVar") ||
	    !strcmp(name, "Annotated"))
		return py_resolve_annotation(p, scope, arg);
	if (py_text_ends(name, "Dict") || py_text_ends(name, "dict") ||
	    py_text_ends(name, "Mapping")) {
		struct py_ref ref =
			a->next ? py_resolve_annotation(p, scope, a->next) : PY_REF_UNKNOWN;

		if (ref.kind == REF_EXTERN_INSTANCE)
			return (struct py_ref){REF_CONTAINER, ref.id, 0};
		return PY_REF_UNKNOWN;
	}
	return py_instance_of(p, py_resolve(p, scope, n->first), 0);
}

struct py_ref py_resolve_annotation(struct py_program *p, uint32_t scope, uint32_t node)
{
	uint32_t file = p->scopes.at[scope].file;
	const struct py_node *n = py_node(p, file, node);
	struct py_ref ref = PY_REF_UNKNOWN;

	if (p->depth > PY_REF_DEPTH || p->strict)
		return PY_REF_UNKNOWN;
	p->depth++;
	switch (n->kind) {
	case PY_NAME:
	case PY_ATTR:
		ref = py_instance_of(p, py_resolve(p, scope, node), 0);
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
			ref = py_ref_merge(ref, py_resolve_annotation(p, scope, c), c == n->first);
		break;
	default:
		break;
	}
	p->depth--;
	return ref;
}

struct py_ref py_returned(struct py_program *p, uint32_t func)
{
	const struct py_func *f = &p->funcs.at[func];
	uint32_t type = py_child(p, f->file, f->node, 2);

	if (f->flags & (FUNC_UNKNOWN_DECO | FUNC_LEGACY) ||
	    py_node(p, f->file, type)->kind == PY_NONE)
		return PY_REF_UNKNOWN;
	return py_resolve_annotation(p, p->scopes.at[f->scope].parent, type);
}
