/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_finding.c - findings: their places, fingerprints and waivers.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "accepted/accepted.h"
#include "accepted/fingerprint.h"
#include "lint_parts.h"
#include "accepted/waiver.h"

const struct pyrule pyrules[PYRULE_COUNT] = {
#define PYRULE_ROW(NAME, id, name, watch, warning, summary) {id, name, summary, watch, warning},
	PYRULES(PYRULE_ROW)
#undef PYRULE_ROW
};

const struct pyrule *pyrule_find(const char *id)
{
	for (size_t i = 0; i < PYRULE_COUNT; i++)
		if (!strcasecmp(pyrules[i].id, id) || !strcasecmp(pyrules[i].name, id))
			return &pyrules[i];
	return NULL;
}

static const char *format_text(struct pymodel *m, const char *format, va_list args)
{
	char text[1000];

	vsnprintf(text, sizeof(text), format, args);
	return py_text(&m->program, py_intern_text(&m->program, text));
}

uint32_t finding_new(struct pymodel *m, enum pyrule_id rule, uint32_t object)
{
	uint32_t id = py_push(&m->program, &m->findings),
		 at = py_push(&m->program, &m->first_place);

	if (!id || !at)
		return 0;
	m->first_place.at[at] = m->places.count ? m->places.count : 1;
	m->findings.at[id] = (struct pyfinding){.rule = &pyrules[rule],
	                                        .object = py_text(&m->program, object),
	                                        .message = "",
	                                        .why = "",
	                                        .fix = ""};
	return id;
}

void finding_message(struct pymodel *m, uint32_t finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	m->findings.at[finding].message = format_text(m, format, args);
	va_end(args);
}

void finding_why(struct pymodel *m, uint32_t finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	m->findings.at[finding].why = format_text(m, format, args);
	va_end(args);
}

void finding_fix(struct pymodel *m, uint32_t finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	m->findings.at[finding].fix = format_text(m, format, args);
	va_end(args);
}

void finding_place(struct pymodel *m, uint32_t file, uint32_t node, const char *role,
                   const char *format, ...)
{
	struct py_program *p = &m->program;
	const struct py_node *n = py_node(p, file, node);
	uint32_t id = py_push(p, &m->places), func = py_enclosing_func(p, file, node);
	va_list args;

	if (!id || !m->findings.count)
		return;
	va_start(args, format);
	m->places.at[id] =
		(struct pyplace){.role = role,
	                         .file = p->files.at[file].path,
	                         .function = func ? py_text(p, p->funcs.at[func].qualname) : "",
	                         .line = n->line,
	                         .col = n->col,
	                         .end = n->lines ? 0 : n->end,
	                         .text = format_text(m, format, args)};
	va_end(args);
	m->findings.at[m->findings.count - 1].place_count++;
}

/* The rule, the object and the functions. */
static uint64_t finding_print(const struct pyfinding *f)
{
	return fingerprint_of(f->rule->id, f->object, f->place_count ? f->places[0].function : "",
	                      f->place_count > 1 ? f->places[f->place_count - 1].function : "");
}

static int by_place(const void *a, const void *b)
{
	const struct pyfinding *x = a, *y = b;
	const struct pyplace *p = x->places, *q = y->places;
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

static bool same(const struct pyfinding *a, const struct pyfinding *b)
{
	return a->rule == b->rule && !by_place(a, b);
}

static bool waives(const char *text, const struct pyfinding *f)
{
	const char *const names[] = {f->rule->id, f->rule->name};

	if (waiver_is_intent(text))
		return f->rule == &pyrules[PYRULE_NEEDLESS] || f->rule == &pyrules[PYRULE_UNUSED];
	return waiver_names(text, names, 2);
}

/* A waiver stands in the line of any place of the finding, or in the line before. */
static void waivers_apply(struct pymodel *m)
{
	struct py_program *p = &m->program;
	uint32_t found = m->findings.count;

	for (uint32_t i = 1; i < p->files.count; i++) {
		const struct pytree *t = p->files.at[i].tree;

		for (uint32_t w = 0; t && w < t->waiver_count; w++) {
			const char *text = py_text(p, t->waivers[w].text);
			uint32_t line = t->waivers[w].line, id;
			bool used = false;

			for (uint32_t k = 1; k < found; k++) {
				struct pyfinding *f = &m->findings.at[k];

				for (size_t n = 0; n < f->place_count; n++)
					if (!strcmp(f->places[n].file, p->files.at[i].path) &&
					    (f->places[n].line == line ||
					     f->places[n].line == line + 1) &&
					    waives(text, f))
						used = f->waived = true;
			}
			if (used || accepted_of_run(text))
				continue;
			id = finding_new(m, PYRULE_WAIVER, t->waivers[w].text);
			if (!id)
				return;
			finding_place(m, i, 0, "waiver", "waives nothing");
			m->places.at[m->places.count - 1].line = line;
			m->places.at[m->places.count - 1].col = 0;
			m->places.at[m->places.count - 1].end = 0;
			finding_message(m, id, "unused waiver: no finding here is covered by `%s`",
			                text);
			finding_fix(m, id, "remove the comment");
		}
	}
}

static void places_link(struct pymodel *m, uint32_t from)
{
	for (uint32_t i = from; i < m->findings.count; i++) {
		if (m->findings.at[i].place_count)
			m->findings.at[i].places = m->places.at + m->first_place.at[i];
		m->findings.at[i].fingerprint = finding_print(&m->findings.at[i]);
	}
}

int findings_finish(struct pymodel *m)
{
	uint32_t kept = 1;

	if (m->program.err)
		return m->program.err;
	places_link(m, 1);
	waivers_apply(m);
	if (m->program.err)
		return m->program.err;
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

const struct pyfinding *pymodel_findings(const struct pymodel *model, size_t *count)
{
	*count = model->findings.count > 1 ? model->findings.count - 1 : 0;
	return *count ? model->findings.at + 1 : NULL;
}
