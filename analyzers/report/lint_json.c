/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_json.c - lint's findings as JSON ("awaitness-lint/1", docs/lint.md), as SARIF
 * 2.1.0 and as GitLab's code quality report. Built with jansson.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lint_columns.h"
#include "lint_format.h"

/* Text from a target may be no UTF-8: jansson refuses it, then a substitute is written. */
static json_t *text(const char *s)
{
	json_t *value = json_string(s);
	char safe[2048];
	size_t n = 0;

	if (value)
		return value;
	for (; n < sizeof(safe) - 1 && s[n]; n++)
		safe[n] = (unsigned char)s[n] < 0x80 ? s[n] : '?';
	safe[n] = '\0';
	return json_string(safe);
}

static int dump(FILE *out, json_t *root)
{
	int bad = root ? json_dumpf(root, out, JSON_INDENT(2)) : -1;

	json_decref(root);
	if (bad)
		return -ENOMEM;
	fputc('\n', out);
	return ferror(out) ? -EIO : 0;
}

static json_t *place_json(const struct lint_report *r, const struct lint_place *p)
{
	json_t *o = json_object();

	json_object_set_new(o, "role", text(p->role));
	json_object_set_new(o, "file", text(lint_path(r, p->file)));
	json_object_set_new(o, "function", text(p->function));
	json_object_set_new(o, "line", json_integer(p->line));
	json_object_set_new(o, "column", json_integer(p->col + 1));
	json_object_set_new(o, "text", text(p->text));
	return o;
}

static void fingerprint_text(const struct lint_finding *f, char out[17])
{
	snprintf(out, 17, "%016llx", (unsigned long long)f->fingerprint);
}

static json_t *finding_json(const struct lint_report *r, const struct lint_finding *f)
{
	json_t *o = json_object(), *places = json_array();
	char fingerprint[17];

	fingerprint_text(f, fingerprint);
	for (size_t i = 0; i < f->place_count; i++)
		json_array_append_new(places, place_json(r, &f->places[i]));
	json_object_set_new(o, "rule", text(f->rule->id));
	json_object_set_new(o, "name", text(f->rule->name));
	json_object_set_new(o, "tier", text(f->rule->watch ? "watch" : "high"));
	json_object_set_new(o, "severity", text(lint_severity(f->rule)));
	json_object_set_new(o, "observed", json_boolean(f->observed));
	json_object_set_new(o, "object", text(f->object));
	json_object_set_new(o, "message", text(f->message));
	json_object_set_new(o, "why", text(f->why));
	json_object_set_new(o, "fix", text(f->fix));
	json_object_set_new(o, "fingerprint", text(fingerprint));
	json_object_set_new(o, "places", places);
	return o;
}

/* Places that a trace has shown to suspend although the model said they never do. */
static json_t *errors_json(const struct lint_report *report)
{
	size_t count;
	const struct lint_error *e = lint_model_errors(report->model, &count);
	json_t *errors = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(errors,
		                      json_pack("{s:o,s:o,s:i,s:I}", "file",
		                                text(lint_path(report, e[i].file)), "function",
		                                text(e[i].function), "line", (int)e[i].line,
		                                "suspensions", (json_int_t)e[i].count));
	return errors;
}

int lint_write_json(FILE *out, const struct lint_report *report)
{
	json_t *root = json_object(), *findings = json_array(), *broken = json_array();
	const struct lint_stats *s = &report->stats;
	const char *path;
	uint32_t line;

	for (size_t i = 0; i < report->count; i++)
		json_array_append_new(findings, finding_json(report, report->findings[i]));
	for (size_t i = 0; (path = lint_model_broken(report->model, i, &line)); i++)
		json_array_append_new(broken,
		                      json_pack("{s:o,s:i}", "file", text(lint_path(report, path)),
		                                "line", (int)line));
	json_object_set_new(root, "schema", json_string("awaitness-lint/1"));
	json_object_set_new(root, "version", json_string(AWAITNESS_VERSION));
	json_object_set_new(root, "findings", findings);
	json_object_set_new(root, "not_understood", broken);
	json_object_set_new(root, "errors_of_lint", errors_json(report));
	json_object_set_new(
		root, "summary",
		json_pack("{s:i,s:i,s:i,s:i,s:i,s:i,s:i}", "files", (int)s->files, "findings",
	                  (int)report->count, "in_baseline", (int)report->known, "waived",
	                  (int)report->waived, "async_functions", (int)s->async_functions, "awaits",
	                  (int)s->sites, "awaits_never_suspending", (int)s->sites_never));
	return dump(out, root);
}

/* SARIF: paths are URIs; what may not stand in one is percent-encoded. */
static json_t *uri(const struct lint_report *r, const char *path)
{
	static const char plain[] = "-._~/ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789";
	char out[4096];
	size_t n = 0;

	path = lint_path(r, path);
	if (path[0] == '/')
		n = snprintf(out, sizeof(out), "file://");
	for (; *path && n + 4 < sizeof(out); path++) {
		if (strchr(plain, *path))
			out[n++] = *path;
		else
			n += snprintf(out + n, 4, "%%%02X", (unsigned char)*path);
	}
	out[n] = '\0';
	return json_string(out);
}

static json_t *region(const struct lint_place *p)
{
	char *line = lint_source_line(p->file, p->line);
	json_t *o = json_pack("{s:i,s:i}", "startLine", (int)(p->line ? p->line : 1), "startColumn",
	                      (int)(line ? lint_utf16(line, p->col) : p->col) + 1);

	if (p->end > p->col)
		json_object_set_new(
			o, "endColumn",
			json_integer((json_int_t)(line ? lint_utf16(line, p->end) : p->end) + 1));
	free(line);
	return o;
}

static json_t *location(const struct lint_report *r, const struct lint_place *p, bool message)
{
	json_t *o;

	o = json_pack("{s:{s:{s:o},s:o}}", "physicalLocation", "artifactLocation", "uri",
	              uri(r, p->file), "region", region(p));
	if (p->function[0])
		json_object_set_new(o, "logicalLocations",
		                    json_pack("[{s:o,s:s}]", "fullyQualifiedName",
		                              text(p->function), "kind", "function"));
	if (message)
		json_object_set_new(o, "message", json_pack("{s:o}", "text", text(p->text)));
	return o;
}

static json_t *sarif_rules(void)
{
	json_t *rules = json_array();

	for (size_t i = 0; i < LINT_COUNT; i++) {
		const char *page = lint_rule_page(&lint_rules[i]);
		json_t *o = json_pack("{s:s,s:s,s:{s:s},s:{s:s}}", "id", lint_rules[i].id, "name",
		                      lint_rules[i].name, "shortDescription", "text",
		                      lint_rules[i].summary, "defaultConfiguration", "level",
		                      lint_severity(&lint_rules[i]));

		if (page)
			json_object_set_new(o, "help",
			                    json_pack("{s:s,s:s}", "text", page, "markdown", page));
		json_array_append_new(rules, o);
	}
	return rules;
}

static json_t *sarif_result(const struct lint_report *r, const struct lint_finding *f)
{
	json_t *related = json_array(), *o;
	char fingerprint[17], message[4096];

	fingerprint_text(f, fingerprint);
	for (size_t i = 1; i < f->place_count; i++) {
		json_t *l = location(r, &f->places[i], true);

		json_object_set_new(l, "id", json_integer((json_int_t)i));
		json_array_append_new(related, l);
	}
	snprintf(message, sizeof(message), "%s. %s%s%s", f->message, f->why,
	         f->fix[0] ? " Fix: " : "", f->fix);
	o = json_pack("{s:s,s:i,s:s,s:{s:o},s:[o],s:{s:s}}", "ruleId", f->rule->id, "ruleIndex",
	              (int)(f->rule - lint_rules), "level", lint_severity(f->rule), "message",
	              "text", text(message), "locations", location(r, &f->places[0], false),
	              "partialFingerprints", "awaitness/v1", fingerprint);
	json_object_set_new(o, "relatedLocations", related);
	return o;
}

int lint_write_sarif(FILE *out, const struct lint_report *report)
{
	json_t *results = json_array();

	for (size_t i = 0; i < report->count; i++)
		json_array_append_new(results, sarif_result(report, report->findings[i]));
	return dump(out,
	            json_pack("{s:s,s:s,s:[{s:{s:{s:s,s:s,s:o}},s:s,s:o}]}", "$schema",
	                      "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
	                      "sarif-schema-2.1.0.json",
	                      "version", "2.1.0", "runs", "tool", "driver", "name", "awaitness",
	                      "semanticVersion", AWAITNESS_VERSION, "rules", sarif_rules(),
	                      "columnKind", "utf16CodeUnits", "results", results));
}

/* GitLab shows one finding of each fingerprint: those of one function get a number. */
static void fingerprint_unique(const struct lint_report *r, size_t nth, char out[32])
{
	unsigned int same = 0;

	for (size_t i = 0; i < nth; i++)
		same += r->findings[i]->fingerprint == r->findings[nth]->fingerprint;
	fingerprint_text(r->findings[nth], out);
	if (same)
		snprintf(out + 16, 16, "-%u", same + 1);
}

int lint_write_gitlab(FILE *out, const struct lint_report *report)
{
	json_t *root = json_array();

	for (size_t i = 0; i < report->count; i++) {
		const struct lint_finding *f = report->findings[i];
		char fingerprint[32];

		fingerprint_unique(report, i, fingerprint);
		json_array_append_new(root,
		                      json_pack("{s:o,s:s,s:s,s:s,s:{s:o,s:{s:i}}}", "description",
		                                text(f->message), "check_name", f->rule->id,
		                                "fingerprint", fingerprint, "severity",
		                                f->rule->watch     ? "info"
		                                : f->rule->warning ? "minor"
		                                                   : "major",
		                                "location", "path",
		                                text(lint_path(report, f->places[0].file)), "lines",
		                                "begin", (int)f->places[0].line));
	}
	return dump(out, root);
}
