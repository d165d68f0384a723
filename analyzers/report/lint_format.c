/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_format.c - the list of lint's writers, and what they share.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lint_format.h"

const char *const lint_formats[] = {"text", "json", "sarif", "github", "gitlab", "junit", NULL};
const lint_writer_fn lint_writers[] = {lint_write_text,   lint_write_json,   lint_write_sarif,
                                       lint_write_github, lint_write_gitlab, lint_write_junit};

const char *lint_severity(const struct lint_rule *rule)
{
	return rule->warning ? "warning" : "error";
}

const char *lint_path(const struct lint_report *report, const char *path)
{
	size_t n = report->root ? strlen(report->root) : 0;

	if (n && !strncmp(path, report->root, n) && path[n] == '/')
		path += n + 1;
	while (path[0] == '.' && path[1] == '/')
		path += 2;
	return path;
}

char *lint_source_line(const char *path, unsigned int line)
{
	FILE *f = line ? fopen(path, "re") : NULL;
	char *text = NULL;
	size_t cap = 0;
	ssize_t n = -1;

	if (!f)
		return NULL;
	while (line-- && (n = getline(&text, &cap, f)) >= 0)
		;
	fclose(f);
	if (n < 0) {
		free(text);
		return NULL;
	}
	while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		text[--n] = '\0';
	return text;
}
