/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_finding.c - see lint_finding.h.
 */
#include <stdarg.h>
#include <stdio.h>

#include "lint_finding.h"
#include "lint_model_parts.h"
#include "source/program/program_node.h"

static const char *format_text(struct lint_model *m, const char *format, va_list args)
{
	char text[1000];

	vsnprintf(text, sizeof(text), format, args);
	return program_text(&m->model.program, program_intern_text(&m->model.program, text));
}

uint32_t lint_finding_new(struct lint_model *m, enum lint_rule_id rule, uint32_t object)
{
	uint32_t id = program_push(&m->model.program, &m->findings),
		 at = program_push(&m->model.program, &m->first_place);

	if (!id || !at)
		return 0;
	m->first_place.at[at] = m->places.count ? m->places.count : 1;
	m->findings.at[id] =
		(struct lint_finding){.rule = &lint_rules[rule],
	                              .object = program_text(&m->model.program, object),
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
	struct program *p = &m->model.program;
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
