/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * join_sites.c - joins the sites of the model with those of a trace: where it suspended.
 *
 * Places are matched by file (as many trailing components of the path as possible: a trace may be
 * of another machine), line and function. What matches nothing is not used.
 */
#include <string.h>

#include "join_sites.h"
#include "join.h"
#include "source/model/model_suspend.h"
#include "source/program/language.h"
#include "source/program/program_node.h"

#define FRAMES 64 /* of an await chain that are looked at */
#define ROUNDS 16

static void site_index(struct join *j, uint32_t site, uint32_t file, uint32_t line)
{
	uint32_t at = program_push(j->p, &j->lines);

	if (!at)
		return;
	j->lines.at[at] = (struct line_site){site, program_map_get(&j->sites, file, line)};
	program_map_set(j->p, &j->sites, file, line, at);
}

static void sites_index(struct join *j)
{
	struct program *p = j->p;

	for (uint32_t i = 1; i < j->model->sites.count; i++) {
		const struct model_site *s = &j->model->sites.at[i];
		uint32_t file = p->funcs.at[s->func].file, line, with;

		if (!s->func || s->kind > SITE_COMP)
			continue;
		line = program_node(p, file, s->node)->line;
		site_index(j, i, file, line);
		/* before 3.13, the items of a with all stand at the statement's line */
		with = program_node(p, file, program_parent(p, file, s->node))->line;
		if ((s->kind == SITE_ENTER || s->kind == SITE_EXIT) && with != line)
			site_index(j, i, file, with);
	}
}

/* Of the model's sites at a place: how many, and do all of them never suspend? */
static unsigned int sites_at(struct join *j, uint32_t file, const struct join_place *place,
                             bool *never)
{
	struct program *p = j->p;
	unsigned int count = 0;

	*never = true;
	for (uint32_t i = program_map_get(&j->sites, file, place->line); i;
	     i = j->lines.at[i].next) {
		const struct model_site *s = &j->model->sites.at[j->lines.at[i].site];

		if (!join_same_function(program_text(p, p->funcs.at[s->func].qualname),
		                        place->function) ||
		    (s->kind == SITE_ENTER && place->exit) ||
		    (s->kind == SITE_EXIT && !place->exit))
			continue;
		count++;
		*never &= !model_site_suspends(j->model, j->lines.at[i].site);
	}
	return count;
}

static void error_add(struct join *j, uint32_t file, const struct join_place *place, uint64_t count)
{
	struct program *p = j->p;
	uint32_t id;

	for (uint32_t i = program_map_get(&j->sites, file, place->line); i;
	     i = j->lines.at[i].next) {
		struct model_site *s = &j->model->sites.at[j->lines.at[i].site];

		if (join_same_function(program_text(p, p->funcs.at[s->func].qualname),
		                       place->function))
			s->verdict = MAY;
	}
	id = program_push(p, &j->m->errors);
	if (id)
		j->m->errors.at[id] = (struct lint_error){
			.file = p->files.at[file].path,
			.function = program_text(p, program_intern_text(p, place->function)),
			.line = place->line,
			.count = count};
}

static void place_count(struct join *j, uint32_t file, const struct join_place *place, bool known)
{
	if (program_map_get(&j->seen, file, place->line))
		return;
	program_map_set(j->p, &j->seen, file, place->line, 1);
	j->m->stats.trace_places++;
	j->m->stats.trace_strangers += !known;
}

/* From the innermost frame outwards, to the first that is said to never suspend. */
static bool stop_join(struct join *j, const struct join_suspension *stop)
{
	struct join_place place;
	uint64_t site = stop->site;

	for (unsigned int i = 0; i < FRAMES && site; i++) {
		unsigned int count;
		uint32_t file;
		bool never;

		if (!join_trace_place(j->trace, stop->pid, site, &place, &site))
			return false;
		file = join_file(j, place.file);
		if (!file || !j->p->files.at[file].scope)
			continue;
		count = sites_at(j, file, &place, &never);
		place_count(j, file, &place, count > 0);
		if (count && never) {
			error_add(j, file, &place, stop->count);
			return true;
		}
	}
	return false;
}

void join_sites(struct lint_model *m, const struct join_trace *trace)
{
	struct join j = {.m = m, .model = &m->model, .p = &m->model.program, .trace = trace};
	size_t count;
	bool found;
	const struct join_suspension *stops = join_trace_stops(trace, &count);

	sites_index(&j);
	found = j.lines.at; /* else there is no await in the program */
	for (int round = 0; round < ROUNDS && found && !m->model.program.err; round++) {
		found = false;
		for (size_t i = 0; i < count && !m->model.program.err; i++)
			found |= stop_join(&j, &stops[i]);
		/* what rests on it is not said any more */
		if (found)
			model_suspend_link(&m->model);
	}
	join_fini(&j);
}
