/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_ci.c - lint's findings as GitHub workflow commands and as JUnit XML.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lint_columns.h"
#include "lint_format.h"

/* Data of a workflow command: '%', CR and LF are escaped; in a property ':' and ',' too. */
static void put_command(FILE *out, const char *s, bool property)
{
	for (; *s; s++) {
		unsigned char c = *s;

		if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ',')))
			fprintf(out, "%%%02X", c);
		else if (c >= 0x20 && c != 0x7f)
			fputc(c, out);
	}
}

static void put_columns(FILE *out, const struct lint_place *p)
{
	char *line = lint_source_line(p->file, p->line);

	fprintf(out, ",line=%u,col=%u", p->line,
	        (line ? lint_characters(line, p->col) : p->col) + 1);
	if (p->end > p->col)
		fprintf(out, ",endColumn=%u", (line ? lint_characters(line, p->end) : p->end) + 1);
	free(line);
}

int lint_write_github(FILE *out, const struct lint_report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		const struct lint_finding *f = report->findings[i];
		const struct lint_place *p = f->places;

		fprintf(out, "::%s file=", f->rule->watch ? "notice" : lint_severity(f->rule));
		put_command(out, lint_path(report, p->file), true);
		put_columns(out, p);
		fprintf(out, ",title=%s %s::", f->rule->id, f->rule->name);
		put_command(out, f->message, false);
		for (size_t k = 1; k < f->place_count; k++) {
			fprintf(out, "%%0A%s ", f->places[k].role);
			put_command(out, lint_path(report, f->places[k].file), false);
			fprintf(out, ":%u: ", f->places[k].line);
			put_command(out, f->places[k].text, false);
		}
		if (f->fix[0])
			fprintf(out, "%%0AFix: ");
		put_command(out, f->fix, false);
		fputc('\n', out);
	}
	return ferror(out) ? -EIO : 0;
}

/* XML 1.0: markup is escaped; control characters may not stand in it at all. */
static void put_xml(FILE *out, const char *s)
{
	uint32_t c;

	for (size_t n; *s; s += n) {
		n = lint_character(s, &c);

		if (c == '&')
			fputs("&amp;", out);
		else if (c == '<')
			fputs("&lt;", out);
		else if (c == '>')
			fputs("&gt;", out);
		else if (c == '"')
			fputs("&quot;", out);
		else if (c == 0xfffd || c == 0xfffe || c == 0xffff)
			fputc('?', out);
		else if (c >= 0x20 || c == '\n' || c == '\t')
			fwrite(s, 1, n, out);
	}
}

int lint_write_junit(FILE *out, const struct lint_report *report)
{
	fprintf(out,
	        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
	        "  <testsuite name=\"awaitness lint\" tests=\"%zu\" failures=\"%zu\">\n",
	        report->count ? report->count : 1, report->count);
	if (!report->count)
		fputs("    <testcase classname=\"awaitness\" name=\"lint\"/>\n", out);
	for (size_t i = 0; i < report->count; i++) {
		const struct lint_finding *f = report->findings[i];

		fputs("    <testcase classname=\"", out);
		put_xml(out, lint_path(report, f->places[0].file));
		fprintf(out, "\" name=\"%s ", f->rule->id);
		put_xml(out, f->object);
		fprintf(out, "\">\n      <failure type=\"%s\" message=\"", f->rule->name);
		put_xml(out, f->message);
		fputs("\">", out);
		for (size_t k = 0; k < f->place_count; k++) {
			put_xml(out, lint_path(report, f->places[k].file));
			fprintf(out, ":%u: %s: ", f->places[k].line, f->places[k].role);
			put_xml(out, f->places[k].text);
			fputc('\n', out);
		}
		put_xml(out, f->why);
		fputs("</failure>\n    </testcase>\n", out);
	}
	fputs("  </testsuite>\n</testsuites>\n", out);
	return ferror(out) ? -EIO : 0;
}
