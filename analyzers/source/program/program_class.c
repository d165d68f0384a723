/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_class.c - classes: bases, method resolution order, descendants, and which
 * methods a call may run.
 *
 * The order is depth first with the last occurrence kept (Python 2.2's rule),
 * which differs from C3 only where C3 is needed to be consistent.
 */
#include <string.h>

#include "program_class.h"
#include "language.h"
#include "program_node.h"

#define MRO_MAX 64

struct bases {
	uint32_t at[16];
	unsigned int count;
};

static void keyword_check(struct program *p, struct program_class *c, uint32_t node)
{
	const struct tree_node *n = program_node(p, c->file, node);
	const struct tree_node *value = program_node(p, c->file, n->first);

	c->unknown_deco |=
		!p->language->class_keyword(program_text(p, n->name), program_text(p, value->name));
}

static void bases_find(struct program *p, uint32_t id, struct bases *out)
{
	struct program_class *c = &p->classes.at[id];
	uint32_t around = p->scopes.at[c->scope].parent;
	uint32_t bases = program_child(p, c->file, c->node, 1);

	for (uint32_t b = program_child(p, c->file, bases, 0); b;
	     b = program_node(p, c->file, b)->next) {
		const struct tree_node *n = program_node(p, c->file, b);
		struct program_ref ref;

		if (n->kind == TREE_KEYWORD) {
			keyword_check(p, c, b);
			continue;
		}
		ref = program_resolve(p, around, n->kind == TREE_SUBSCRIPT ? n->first : b);
		if (ref.kind == REF_CLASS && ref.id != id && out->count < 16) {
			out->at[out->count++] = ref.id;
		} else if (ref.kind == REF_EXTERN) {
			c->unknown_base |= !p->language->base(program_text(p, ref.id));
		} else {
			if (n->kind == TREE_SUBSCRIPT)
				n = program_node(p, c->file, n->first);
			c->unknown_base |= n->kind != TREE_NAME ||
			                   !p->language->base(program_text(p, n->name));
		}
	}
}

static void decorators_check(struct program *p, uint32_t id)
{
	struct program_class *c = &p->classes.at[id];
	uint32_t decorators = program_child(p, c->file, c->node, 0);

	for (uint32_t d = program_child(p, c->file, decorators, 0); d;
	     d = program_node(p, c->file, d)->next) {
		const struct tree_node *n = program_node(p, c->file, d);

		if (n->kind == TREE_CALL)
			n = program_node(p, c->file, n->first);
		c->unknown_deco |=
			!p->language->class_decorator(program_text(p, n->name), &c->data);
	}
}

static unsigned int mro_walk(const struct bases *all, uint32_t id, uint32_t *out,
                             unsigned int count, unsigned int depth)
{
	if (depth > 16 || count >= MRO_MAX)
		return count;
	for (unsigned int i = 0; i < count; i++)
		if (out[i] == id) { /* keep the last occurrence */
			memmove(out + i, out + i + 1, (count - i - 1) * sizeof(*out));
			count--;
			break;
		}
	out[count++] = id;
	for (unsigned int i = 0; i < all[id].count; i++)
		count = mro_walk(all, all[id].at[i], out, count, depth + 1);
	return count;
}

static void list_push(struct program *p, uint32_t value)
{
	uint32_t at = program_push(p, &p->lists);

	if (at)
		p->lists.at[at] = value;
}

/* Turns the orders round: whoever has a class in its order is below it. */
static void below_link(struct program *p)
{
	for (uint32_t i = 1; i < p->classes.count; i++)
		for (uint32_t k = 0; k < p->classes.at[i].mro_count; k++)
			p->classes.at[p->lists.at[p->classes.at[i].mro + k]].below_count++;
	for (uint32_t i = 1; i < p->classes.count; i++) {
		p->classes.at[i].below = p->lists.count;
		for (uint32_t k = 1; k < p->classes.at[i].below_count; k++)
			list_push(p, 0);
		p->classes.at[i].below_count = 0;
	}
	if (p->err)
		return;
	for (uint32_t i = 1; i < p->classes.count; i++)
		for (uint32_t k = 0; k < p->classes.at[i].mro_count; k++) {
			uint32_t m = p->lists.at[p->classes.at[i].mro + k];
			struct program_class *c = &p->classes.at[m];

			if (m != i)
				p->lists.at[c->below + c->below_count++] = i;
		}
}

void program_classes_link(struct program *p)
{
	PROGRAM_TABLE(struct bases) all = {0};
	uint32_t mro[MRO_MAX];

	for (uint32_t i = 1; i < p->classes.count; i++) {
		uint32_t at = program_push(p, &all);

		if (!at)
			goto out;
		bases_find(p, i, &all.at[at]);
		decorators_check(p, i);
	}
	for (uint32_t i = 1; i < p->classes.count; i++) {
		unsigned int n = mro_walk(all.at, i, mro, 0, 0);

		if (!p->lists.count)
			list_push(p, 0);
		p->classes.at[i].mro = p->lists.count;
		p->classes.at[i].mro_count = n;
		for (unsigned int k = 0; k < n; k++)
			list_push(p, mro[k]);
		if (p->err)
			goto out;
	}
	below_link(p);
	/* What was resolved without the orders is not to be believed. */
	program_map_fini(&p->attr_refs);
	program_map_fini(&p->name_refs);
out:
	program_free_table(&all);
}

bool program_class_derives(const struct program *p, uint32_t class, uint32_t base)
{
	const struct program_class *c = &p->classes.at[class];

	for (uint32_t i = 0; i < c->mro_count; i++)
		if (p->lists.at[c->mro + i] == base)
			return true;
	return false;
}

bool program_class_related(const struct program *p, uint32_t a, uint32_t b)
{
	const struct program_class *c = &p->classes.at[a];

	if (a == b || program_class_derives(p, a, b) || program_class_derives(p, b, a))
		return true;
	for (uint32_t i = 0; i < c->below_count; i++)
		if (program_class_derives(p, p->lists.at[c->below + i], b))
			return true;
	return false;
}

/* Appends the functions bound to `name` in the class itself. -1: bound to something else. */
static int own_methods(struct program *p, uint32_t class, uint32_t name, uint32_t *count)
{
	uint32_t b = program_map_get(&p->bound, p->classes.at[class].scope, name);
	int found = 0;

	for (; b; b = p->bindings.at[b].next) {
		if (p->bindings.at[b].kind == BIND_ANNOTATION)
			continue;
		if (p->bindings.at[b].kind != BIND_FUNC)
			return -1;
		list_push(p, p->bindings.at[b].id);
		(*count)++;
		found++;
	}
	return found;
}

bool program_class_methods(struct program *p, uint32_t class, uint32_t name, uint32_t *count)
{
	const struct program_class *c = &p->classes.at[class];
	bool hit = false;

	*count = 0;
	if (program_map_get(&p->stored, name, 0))
		return false;
	for (uint32_t i = 0; i < c->mro_count && !hit; i++) {
		uint32_t m = p->lists.at[c->mro + i];
		int found = own_methods(p, m, name, count);

		if (found < 0 || p->classes.at[m].unknown_deco)
			return false;
		hit = found > 0;
		if (!hit && p->classes.at[m].unknown_base)
			return false;
	}
	for (uint32_t i = 0; hit && i < c->below_count; i++) {
		uint32_t m = p->lists.at[c->below + i];
		int found = own_methods(p, m, name, count);

		if (found < 0 || p->classes.at[m].unknown_deco ||
		    (!found && p->classes.at[m].unknown_base))
			return false;
	}
	return hit;
}
