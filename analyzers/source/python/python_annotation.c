/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_annotation.c - what an annotation says of a value.
 */
#include <string.h>

#include "python.h"
#include "source/program/program_attribute.h"
#include "source/program/program_node.h"

/* "X" and Optional["X"]: a name in a string. */
static struct program_ref resolve_string_type(struct program *p, uint32_t scope, uint32_t name)
{
	const char *text = program_text(p, name), *dot = strchr(text, '.');
	struct program_ref ref;

	if (!*text || strpbrk(text, "[]|, ("))
		return PROGRAM_REF_UNKNOWN;
	ref = program_resolve_name(
		p, scope, program_intern(p, text, dot ? (size_t)(dot - text) : strlen(text)));
	while (dot) {
		const char *end = strchr(dot + 1, '.');
		size_t size = end ? (size_t)(end - dot - 1) : strlen(dot + 1);

		ref = program_attribute_of(p, ref, program_intern(p, dot + 1, size));
		dot = end;
	}
	return program_instance_of(p, ref, 0);
}

bool python_text_ends(const char *text, const char *name)
{
	size_t n = strlen(text), m = strlen(name);

	return n >= m && !strcmp(text + n - m, name);
}

static struct program_ref resolve_generic(struct program *p, uint32_t scope, uint32_t file,
                                          uint32_t node)
{
	const struct tree_node *n = program_node(p, file, node);
	const char *name = program_text(p, program_node(p, file, n->first)->name);
	uint32_t arg = program_node(p, file, n->first)->next;
	const struct tree_node *a = arg ? program_node(p, file, arg) : NULL;

	if (a && a->kind == TREE_TUPLE) {
		arg = a->first;
		a = arg ? program_node(p, file, arg) : NULL;
	}
	if (!a)
		return PROGRAM_REF_UNKNOWN;
	if (!strcmp(name, "Optional") || !strcmp(name, "Final") || !strcmp(name, "ClassVar") ||
	    !strcmp(name, "Annotated"))
		return python_annotation(p, scope, arg);
	if (python_text_ends(name, "Dict") || python_text_ends(name, "dict") ||
	    python_text_ends(name, "Mapping")) {
		struct program_ref ref =
			a->next ? python_annotation(p, scope, a->next) : PROGRAM_REF_UNKNOWN;

		if (ref.kind == REF_EXTERN_INSTANCE)
			return (struct program_ref){REF_CONTAINER, ref.id, 0};
		return PROGRAM_REF_UNKNOWN;
	}
	return program_instance_of(p, program_resolve(p, scope, n->first), 0);
}

struct program_ref python_annotation(struct program *p, uint32_t scope, uint32_t node)
{
	uint32_t file = p->scopes.at[scope].file;
	const struct tree_node *n = program_node(p, file, node);
	struct program_ref ref = PROGRAM_REF_UNKNOWN;

	if (p->depth > PROGRAM_REF_DEPTH || p->strict)
		return PROGRAM_REF_UNKNOWN;
	p->depth++;
	switch (n->kind) {
	case TREE_NAME:
	case TREE_ATTR:
		ref = program_instance_of(p, program_resolve(p, scope, node), 0);
		break;
	case TREE_STRING:
		ref = resolve_string_type(p, scope, n->name);
		break;
	case TREE_CONST:
		ref.kind = !strcmp(program_text(p, n->name), "None") ? REF_NONE : REF_UNKNOWN;
		break;
	case TREE_SUBSCRIPT:
		ref = resolve_generic(p, scope, file, node);
		break;
	case TREE_BINOP:
	case TREE_OPAQUE:
		for (uint32_t c = n->first; c; c = program_node(p, file, c)->next)
			ref = program_ref_merge(ref, python_annotation(p, scope, c), c == n->first);
		break;
	default:
		break;
	}
	p->depth--;
	return ref;
}
