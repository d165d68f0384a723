/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_text.c - lint's findings for people: a line that an editor can jump to, then
 * each place with its source line and a caret.
 */
#include <stdlib.h>
#include <string.h>

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

/* Bytes of a target's text: what would move the cursor is shown as '?'; a tab as a blank. */
static void put_safe(FILE *out, const char *text, size_t size)
{
	for (size_t i = 0; i < size && text[i]; i++) {
		unsigned char c = text[i];

		fputc(c == '\t' ? ' ' : c < 0x20 || c == 0x7f ? '?' : c, out);
	}
}

/* Prose, broken at blanks so that it fits. */
static void put_wrapped(FILE *out, const struct lint_report *r, const char *lead, const char *text)
{
	size_t indent = strlen(lead), width = r->width > 40 ? r->width : 100, at = indent;

	fprintf(out, "%s", lead);
	while (*text) {
		size_t n = strcspn(text, " ");

		if (at > indent && at + 1 + n > width) {
			fprintf(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (at > indent) {
			fputc(' ', out);
			at++;
		}
		put_safe(out, text, n);
		at += n;
		text += n + strspn(text + n, " ");
	}
	fputc('\n', out);
}

/* How many columns the first `bytes` bytes take: bytes that continue a character take none. */
static unsigned int columns(const char *text, uint32_t bytes)
{
	unsigned int n = 0;

	for (uint32_t i = 0; i < bytes && text[i]; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

static void put_place(FILE *out, const struct lint_report *r, const struct pyplace *p, bool first)
{
	char *line = lint_source_line(p->file, p->line);
	size_t size = line ? strlen(line) : 0, room = r->width > 20 ? r->width - 9 : 120;
	uint32_t from = p->col <= size ? p->col : 0,
		 end = p->end > from && p->end <= size ? p->end : size;
	unsigned int marks;

	if (!first)
		fprintf(out, "      %s%s%s %s:%u\n", paint(r, BOLD), p->role, paint(r, RESET),
		        lint_path(r, p->file), p->line);
	if (!line)
		return;
	fprintf(out, "%s%5u |%s ", paint(r, BLUE), p->line, paint(r, RESET));
	put_safe(out, line, room);
	fprintf(out, "\n%s      |%s ", paint(r, BLUE), paint(r, RESET));
	if (columns(line, from) < room) {
		marks = columns(line + from, end - from);
		if (columns(line, from) + marks > room)
			marks = room - columns(line, from);
		fprintf(out, "%*s%s", (int)columns(line, from), "", paint(r, RED));
		for (unsigned int i = 0; i < (marks ? marks : 1); i++)
			fputc('^', out);
		fprintf(out, "%s", paint(r, RESET));
	}
	fputc('\n', out);
	put_wrapped(out, r, "      | ", p->text);
	free(line);
}

static void put_finding(FILE *out, const struct lint_report *r, const struct pyfinding *f)
{
	const struct pyplace *at = f->places;

	fprintf(out, "%s%s%s:%u:%u: %s%s%s ", paint(r, BOLD), lint_path(r, at->file),
	        paint(r, RESET), at->line, at->col + 1, paint(r, RED), f->rule->id,
	        paint(r, RESET));
	put_safe(out, f->message, SIZE_MAX);
	fprintf(out, "%s\n", f->observed ? " [observed]" : f->rule->watch ? " [unconfirmed]" : "");
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
	const struct pymodel_stats *s = &r->stats;
	size_t count;
	const struct pymodel_error *e = pymodel_errors(r->model, &count);

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
	for (size_t i = 0; (path = pymodel_broken(report->model, i, &line)); i++)
		fprintf(out, "note: %s:%u: not understood; nothing is proven about what it names\n",
		        lint_path(report, path), line);
	if (report->count)
		fprintf(out, "%s%zu finding%s%s in %u files", paint(report, RED), report->count,
		        report->count == 1 ? "" : "s", paint(report, RESET), report->stats.files);
	else
		fprintf(out, "%sNo findings%s in %u files", paint(report, GREEN),
		        paint(report, RESET), report->stats.files);
	if (report->known)
		fprintf(out, ", %zu in the baseline", report->known);
	if (report->waived)
		fprintf(out, ", %zu waived", report->waived);
	fprintf(out, " (%u async functions, %u of %u awaits proven never to suspend)\n",
	        report->stats.async_functions, report->stats.sites_never, report->stats.sites);
	return ferror(out) ? -5 : 0;
}
