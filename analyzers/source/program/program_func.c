/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_func.c - see program_func.h.
 */
#include "program_func.h"
#include "language.h"
#include "program_node.h"

static void flags_from_decorators(struct program *p, struct program_func *f)
{
	uint32_t decorators = program_child(p, f->file, f->node, 0);
	uint32_t scope = p->scopes.at[f->scope].parent;

	for (uint32_t d = program_child(p, f->file, decorators, 0); d;
	     d = program_node(p, f->file, d)->next) {
		const struct tree_node *n = program_node(p, f->file, d);
		uint32_t at = n->kind == TREE_CALL ? n->first : d;
		struct program_ref ref = program_resolve(p, scope, at);
		const char *name = program_text(p, program_node(p, f->file, at)->name);

		/* a decorator of the program that is called as a known one is not that one */
		if (ref.kind == REF_FUNC || ref.kind == REF_CLASS ||
		    !p->language->known_decorator(
			    ref.kind == REF_EXTERN ? program_text(p, ref.id) : name, &f->flags))
			f->flags |= FUNC_UNKNOWN_DECO;
	}
}

void program_decorators_link(struct program *p)
{
	for (uint32_t i = 1; i < p->funcs.count; i++)
		flags_from_decorators(p, &p->funcs.at[i]);
	/* types were asked for before the flags were known */
	program_map_fini(&p->attr_refs);
	program_map_fini(&p->name_refs);
}
