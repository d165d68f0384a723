/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * join_accept.c - see join_accept.h.
 */
#include <stdlib.h>
#include <string.h>

#include "join_accept.h"
#include "accepted/accepted.h"
#include "accepted/fingerprint.h"
#include "accepted/waiver.h"
#include "source/lint_rules/lint_model_parts.h"

/* The rule, the object and the functions. */
static uint64_t finding_print(const struct lint_finding *f)
{
	return fingerprint_of(f->rule->id, f->object, f->place_count ? f->places[0].function : "",
	                      f->place_count > 1 ? f->places[f->place_count - 1].function : "");
}

static int by_place(const void *a, const void *b)
{
	const struct lint_finding *x = a, *y = b;
	const struct lint_place *p = x->places, *q = y->places;
	int order = strcmp(p->file, q->file);

	if (order)
		return order;
	if (p->line != q->line)
		return p->line < q->line ? -1 : 1;
	if (p->col != q->col)
		return p->col < q->col ? -1 : 1;
	order = strcmp(x->rule->id, y->rule->id);
	return order ? order : strcmp(x->object, y->object);
}

static bool same(const struct lint_finding *a, const struct lint_finding *b)
{
	return a->rule == b->rule && !by_place(a, b);
}

static bool waives(const char *text, const struct lint_finding *f)
{
	const char *const names[] = {f->rule->id, f->rule->name};

	if (waiver_is_intent(text))
		return f->rule == &lint_rules[LINT_NEEDLESS] || f->rule == &lint_rules[LINT_UNUSED];
	return waiver_names(text, names, 2);
}

/* A waiver stands in the line of any place of the finding, or in the line before. */
static void waivers_apply(struct lint_model *m)
{
	struct program *p = &m->model.program;
	uint32_t found = m->findings.count;

	for (uint32_t i = 1; i < p->files.count; i++) {
		const struct tree *t = p->files.at[i].tree;

		for (uint32_t w = 0; t && w < t->waiver_count; w++) {
			const char *text = program_text(p, t->waivers[w].text);
			uint32_t line = t->waivers[w].line, id;
			bool used = false;

			for (uint32_t k = 1; k < found; k++) {
				struct lint_finding *f = &m->findings.at[k];

				for (size_t n = 0; n < f->place_count; n++)
					if (!strcmp(f->places[n].file, p->files.at[i].path) &&
					    (f->places[n].line == line ||
					     f->places[n].line == line + 1) &&
					    waives(text, f))
						used = f->waived = true;
			}
			if (used || accepted_of_run(text))
				continue;
			id = lint_finding_new(m, LINT_WAIVER, t->waivers[w].text);
			if (!id)
				return;
			lint_finding_place(m, i, 0, "waiver", "waives nothing");
			m->places.at[m->places.count - 1].line = line;
			m->places.at[m->places.count - 1].col = 0;
			m->places.at[m->places.count - 1].end = 0;
			lint_finding_message(
				m, id, "unused waiver: no finding here is covered by `%s`", text);
			lint_finding_fix(m, id, "remove the comment");
		}
	}
}

static void places_link(struct lint_model *m, uint32_t from)
{
	for (uint32_t i = from; i < m->findings.count; i++) {
		if (m->findings.at[i].place_count)
			m->findings.at[i].places = m->places.at + m->first_place.at[i];
		m->findings.at[i].fingerprint = finding_print(&m->findings.at[i]);
	}
}

int join_accept(struct lint_model *m)
{
	uint32_t kept = 1;

	if (m->model.program.err)
		return m->model.program.err;
	places_link(m, 1);
	waivers_apply(m);
	if (m->model.program.err)
		return m->model.program.err;
	places_link(m, 1);
	if (m->findings.count < 2)
		return 0;
	qsort(m->findings.at + 1, m->findings.count - 1, sizeof(*m->findings.at), by_place);
	for (uint32_t i = 2; i < m->findings.count; i++)
		if (!same(&m->findings.at[i], &m->findings.at[kept]))
			m->findings.at[++kept] = m->findings.at[i];
	m->findings.count = kept + 1;
	return 0;
}
