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

const struct lint_rule lint_rules[LINT_COUNT] = {
#define LINT_ROW(NAME, id, name, watch, warning, summary) {id, name, summary, watch, warning},
	LINT_RULES(LINT_ROW)
#undef LINT_ROW
};

const struct lint_rule *lint_rule_find(const char *id)
{
	for (size_t i = 0; i < LINT_COUNT; i++)
		if (!strcasecmp(lint_rules[i].id, id) || !strcasecmp(lint_rules[i].name, id))
			return &lint_rules[i];
	return NULL;
}

static const char *format_text(struct lint_model *m, const char *format, va_list args)
{
	char text[1000];

	vsnprintf(text, sizeof(text), format, args);
	return program_text(&m->program, program_intern_text(&m->program, text));
}

uint32_t lint_finding_new(struct lint_model *m, enum lint_rule_id rule, uint32_t object)
{
	uint32_t id = program_push(&m->program, &m->findings),
		 at = program_push(&m->program, &m->first_place);

	if (!id || !at)
		return 0;
	m->first_place.at[at] = m->places.count ? m->places.count : 1;
	m->findings.at[id] = (struct lint_finding){.rule = &lint_rules[rule],
	                                           .object = program_text(&m->program, object),
	                                           .message = "",
	                                           .why = "",
	                                           .fix = ""};
	return id;
}

void lint_finding_message(struct lint_model *m, uint32_t finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	m->findings.at[finding].message = format_text(m, format, args);
	va_end(args);
}

void lint_finding_why(struct lint_model *m, uint32_t finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	m->findings.at[finding].why = format_text(m, format, args);
	va_end(args);
}

void lint_finding_fix(struct lint_model *m, uint32_t finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	m->findings.at[finding].fix = format_text(m, format, args);
	va_end(args);
}

void lint_finding_place(struct lint_model *m, uint32_t file, uint32_t node, const char *role,
                        const char *format, ...)
{
	struct program *p = &m->program;
	const struct tree_node *n = program_node(p, file, node);
	uint32_t id = program_push(p, &m->places), func = program_enclosing_func(p, file, node);
	va_list args;

	if (!id || !m->findings.count)
		return;
	va_start(args, format);
	m->places.at[id] = (struct lint_place){
		.role = role,
		.file = p->files.at[file].path,
		.function = func ? program_text(p, p->funcs.at[func].qualname) : "",
		.line = n->line,
		.col = n->col,
		.end = n->lines ? 0 : n->end,
		.text = format_text(m, format, args)};
	va_end(args);
	m->findings.at[m->findings.count - 1].place_count++;
}

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
	struct program *p = &m->program;
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

int lint_findings_finish(struct lint_model *m)
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

const struct lint_finding *lint_model_findings(const struct lint_model *model, size_t *count)
{
	*count = model->findings.count > 1 ? model->findings.count - 1 : 0;
	return *count ? model->findings.at + 1 : NULL;
}
