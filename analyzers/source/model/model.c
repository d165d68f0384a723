/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model.c - see model.h.
 */
#include "model.h"
#include "model_suspend.h"

static void model_unlink(struct model *model)
{
	struct program_map *maps[] = {&model->lock_names, &model->lock_by_place,
	                              &model->lock_aliases, &model->lock_alias_names};

	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++)
		program_map_fini(maps[i]);
	program_free_table(&model->sites);
	program_free_table(&model->calls);
	program_free_table(&model->locks);
	program_free_table(&model->uses);
}

static void model_seed(struct model *model)
{
	struct program *p = &model->program;
	bool seeded[] = {program_seed(p, &model->sites), program_seed(p, &model->calls),
	                 program_seed(p, &model->locks), program_seed(p, &model->uses)};

	(void)seeded; /* without memory p->err says so */
}

bool model_index(struct model *model)
{
	model_unlink(model);
	model_seed(model);
	return program_index(&model->program);
}

void model_link(struct model *model)
{
	struct program *p = &model->program;

	program_decorators_link(p);
	if (!p->err)
		model_locks_link(model);
	if (!p->err)
		model_uses_link(model);
	if (!p->err)
		model_sites_link(model);
	if (!p->err)
		model_suspend_link(model);
}

void model_fini(struct model *model)
{
	model_unlink(model);
	program_fini(&model->program);
}
