/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program.c - see program.h.
 */
#include <stdlib.h>

#include "program.h"
#include "language.h"

void program_init(struct program *p, const struct language *language)
{
	p->language = language;
	p->n_none = program_intern_text(p, language->none);
	p->n_star = program_intern_text(p, "*");
	for (const struct language_names *n = language->names; n->names; n++)
		for (size_t i = 0; n->names[i]; i++) {
			uint32_t name = program_intern_text(p, n->names[i]);

			program_map_set(p, &p->means, name, 0,
			                program_map_get(&p->means, name, 0) | n->means);
		}
}

void program_unlink(struct program *p)
{
	struct program_map *maps[] = {&p->attr_refs, &p->name_refs};

	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++)
		program_map_fini(maps[i]);
	program_free_table(&p->lists);
	program_free_table(&p->refs);
	for (uint32_t i = 1; i < p->classes.count; i++) {
		struct program_class *c = &p->classes.at[i];

		c->mro_count = c->below_count = 0;
		c->unknown_base = c->unknown_deco = false;
	}
	for (uint32_t i = 1; i < p->funcs.count; i++)
		p->funcs.at[i].suspends = false;
}

void program_fini(struct program *p)
{
	program_unlink(p);
	program_map_fini(&p->bound);
	program_map_fini(&p->modules);
	program_map_fini(&p->stored);
	program_map_fini(&p->wanted);
	program_map_fini(&p->means);
	program_free_table(&p->scopes);
	program_free_table(&p->bindings);
	program_free_table(&p->funcs);
	program_free_table(&p->classes);
	program_free_table(&p->stars);
	program_free_table(&p->stores);
	for (uint32_t i = 1; i < p->files.count; i++) {
		struct program_file *f = &p->files.at[i];

		tree_free(f->tree);
		free(f->path);
		free(f->text);
		free(f->parent);
		free(f->owner);
	}
	program_free_table(&p->files);
	program_strings_fini(&p->strings);
}

static void tables_seed(struct program *p)
{
	bool seeded[] = {program_seed(p, &p->scopes), program_seed(p, &p->bindings),
	                 program_seed(p, &p->funcs),  program_seed(p, &p->classes),
	                 program_seed(p, &p->lists),  program_seed(p, &p->refs),
	                 program_seed(p, &p->stars),  program_seed(p, &p->stores)};

	(void)seeded; /* without memory p->err says so */
}

bool program_index(struct program *p)
{
	uint32_t wanted = p->wanted.used;

	program_unlink(p);
	tables_seed(p);
	for (uint32_t i = 1; i < p->files.count && !p->err; i++)
		if (p->files.at[i].tree && !p->files.at[i].scope)
			program_index_file(p, i);
	if (p->err)
		return true;
	p->want = true;
	program_classes_link(p);
	p->want = false;
	return p->wanted.used == wanted;
}
