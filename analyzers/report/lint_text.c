/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_text.c - lint's findings for people: a line that an editor can jump to, then
 * each place with its source line and a caret.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lint_columns.h"
#include "lint_format.h"

#define BOLD  "\033[1m"
#define RED   "\033[31m"
#define BLUE  "\033[34m"
#define GREEN "\033[32m"
#define RESET "\033[0m"

static const char *paint(const struct lint_report *r, const char *code)
{
	return r->colour ? code : "";
}

/* A target's text, to a number of columns: what would move the cursor is shown as '?'; a tab as a
 * blank. */
static void put_safe(FILE *out, const char *text, size_t bytes, unsigned int columns)
{
	uint32_t code;

	for (size_t at = 0, n; at < bytes && text[at]; at += n) {
		n = lint_character(text + at, &code);
		if (lint_width(code) > columns)
			return;
		columns -= lint_width(code);
		if (code == '\t')
			fputc(' ', out);
		else if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xfffd)
			fputc('?', out);
		else
			fwrite(text + at, 1, n, out);
	}
}

/* Prose, broken at blanks so that it fits. */
static void put_wrapped(FILE *out, const struct lint_report *r, const char *lead, const char *text)
{
	size_t indent = strlen(lead), width = r->width > 40 ? r->width : 100, at = indent;

	fprintf(out, "%s", lead);
	while (*text) {
		size_t n = strcspn(text, " "), wide = lint_columns(text, n);

		if (at > indent && at + 1 + wide > width) {
			fprintf(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (at > indent) {
			fputc(' ', out);
			at++;
		}
		put_safe(out, text, n, UINT_MAX);
		at += wide;
		text += n + strspn(text + n, " ");
	}
	fputc('\n', out);
}

static void put_marks(FILE *out, const struct lint_report *r, unsigned int from, unsigned int marks,
                      unsigned int room)
{
	if (from >= room)
		return;
	if (from + marks > room)
		marks = room - from;
	fprintf(out, "%*s%s", (int)from, "", paint(r, RED));
	for (unsigned int i = 0; i < (marks ? marks : 1); i++)
		fputc('^', out);
	fprintf(out, "%s", paint(r, RESET));
}

static void put_place(FILE *out, const struct lint_report *r, const struct lint_place *p,
                      bool first)
{
	char *line = lint_source_line(p->file, p->line);
	size_t size = line ? strlen(line) : 0;
	unsigned int room = r->width > 20 ? r->width - 9 : 120;
	uint32_t from = p->col <= size ? p->col : 0,
		 end = p->end > from && p->end <= size ? p->end : size;

	if (!first)
		fprintf(out, "      %s%s%s %s:%u\n", paint(r, BOLD), p->role, paint(r, RESET),
		        lint_path(r, p->file), p->line);
	if (!line)
		return;
	fprintf(out, "%s%5u |%s ", paint(r, BLUE), p->line, paint(r, RESET));
	put_safe(out, line, size, room);
	fprintf(out, "\n%s      |%s ", paint(r, BLUE), paint(r, RESET));
	put_marks(out, r, lint_columns(line, from), lint_columns(line + from, end - from), room);
	fputc('\n', out);
	put_wrapped(out, r, "      | ", p->text);
	free(line);
}

/* Where it is and what; on a terminal in lines that fit. */
static void put_head(FILE *out, const struct lint_report *r, const struct lint_finding *f)
{
	const struct lint_place *at = f->places;
	const char *mark = f->observed ? " [observed]" : f->rule->watch ? " [unconfirmed]" : "";
	char *line = lint_source_line(at->file, at->line), *text = NULL;
	uint32_t column = line ? lint_characters(line, at->col) : at->col;

	fprintf(out, "%s%s%s:%u:%u: %s%s%s ", paint(r, BOLD), lint_path(r, at->file),
	        paint(r, RESET), at->line, column + 1, paint(r, RED), f->rule->id, paint(r, RESET));
	free(line);
	if (r->width && asprintf(&text, "%s%s", f->message, mark) >= 0) {
		fputc('\n', out);
		put_wrapped(out, r, "  ", text);
		free(text);
		return;
	}
	put_safe(out, f->message, SIZE_MAX, UINT_MAX);
	fprintf(out, "%s\n", mark);
}

static void put_finding(FILE *out, const struct lint_report *r, const struct lint_finding *f)
{
	put_head(out, r, f);
	for (size_t i = 0; i < f->place_count; i++)
		put_place(out, r, &f->places[i], i == 0);
	if (f->why[0])
		put_wrapped(out, r, "      = why: ", f->why);
	if (f->fix[0])
		put_wrapped(out, r, "      = fix: ", f->fix);
	fputc('\n', out);
}

/* What a trace says of lint itself, and of how well it fits the source. */
static void put_trace_notes(FILE *out, const struct lint_report *r)
{
	const struct lint_stats *s = &r->stats;
	size_t count;
	const struct lint_error *e = lint_model_errors(r->model, &count);

	for (size_t i = 0; i < count; i++)
		fprintf(out,
		        "note: %s:%u: lint held that this never suspends, and the trace shows that "
		        "it did, %llu times: an error of lint's, please report it; no finding "
		        "rests on it\n",
		        lint_path(r, e[i].file), e[i].line, (unsigned long long)e[i].count);
	if (s->trace_strangers)
		fprintf(out,
		        "note: %u of %u places of the trace are no await in the source: it has "
		        "changed since, and what is at these places was not joined\n",
		        s->trace_strangers, s->trace_places);
}

int lint_write_text(FILE *out, const struct lint_report *report)
{
	const char *path;
	uint32_t line;

	for (size_t i = 0; i < report->count; i++)
		put_finding(out, report, report->findings[i]);
	put_trace_notes(out, report);
	for (size_t i = 0; (path = lint_model_broken(report->model, i, &line)); i++)
		fprintf(out, "note: %s:%u: not understood; nothing is proven about what it names\n",
		        lint_path(report, path), line);
	if (report->count)
		fprintf(out, "%s%zu finding%s%s", paint(report, RED), report->count,
		        report->count == 1 ? "" : "s", paint(report, RESET));
	else
		fprintf(out, "%sNo findings%s", paint(report, GREEN), paint(report, RESET));
	fprintf(out, " in %u file%s", report->stats.files, report->stats.files == 1 ? "" : "s");
	if (report->known)
		fprintf(out, ", %zu in the baseline", report->known);
	if (report->waived)
		fprintf(out, ", %zu waived", report->waived);
	fprintf(out, " (%u async functions, %u of %u awaits proven never to suspend)\n",
	        report->stats.async_functions, report->stats.sites_never, report->stats.sites);
	return ferror(out) ? -5 : 0;
}
