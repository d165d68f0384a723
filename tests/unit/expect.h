/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * expect.h - golden cases: a trace as text in, findings or verdicts as text out.
 *
 * A finding is a line "rule object basis", worst first; never-suspends, which
 * is information, is left out. A lock is a line "name verdict".
 */
#ifndef TESTS_EXPECT_H
#define TESTS_EXPECT_H

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis.h"
#include "trace/text_reader.h"

/** Analyses a trace; the caller frees the analysis. */
static inline struct analysis *expect_analysis(const char *trace, const struct report **report)
{
	struct analysis *analysis;
	struct fault fault = {0};
	int err;

	cr_assert_eq(analysis_new(NULL, &analysis), 0);
	err = text_read(trace, strlen(trace), analysis_feed, analysis, &fault);
	cr_assert_eq(err, 0, "line %lu: %s", (unsigned long)fault.line, fault.message);
	cr_assert_eq(analysis_finish(analysis, report), 0);
	return analysis;
}

/** The findings of a trace are these lines. */
static inline void expect_findings(const char *trace, const char *expected)
{
	const struct report *report;
	struct analysis *analysis = expect_analysis(trace, &report);
	char *got = NULL;
	size_t size;
	FILE *out = open_memstream(&got, &size);

	for (size_t i = 0; i < report->finding_count; i++)
		if (report->findings[i].severity != REPORT_INFO)
			fprintf(out, "%s %s %s\n", report->findings[i].rule,
			        report->findings[i].object ? report->findings[i].object : "-",
			        report_basis_text(report->findings[i].basis));
	fclose(out);
	cr_expect_str_eq(got, expected, "got:\n%sexpected:\n%s", got, expected);
	free(got);
	analysis_free(analysis);
}

/** The locks of a trace have these verdicts. */
static inline void expect_locks(const char *trace, const char *expected)
{
	const struct report *report;
	struct analysis *analysis = expect_analysis(trace, &report);
	char *got = NULL, *why = NULL;
	size_t size;
	FILE *out = open_memstream(&got, &size), *reasons = open_memstream(&why, &size);

	for (size_t i = 0; i < report->lock_count; i++) {
		fprintf(out, "%s %s\n", report->locks[i].name,
		        report_verdict_text(report->locks[i].verdict));
		fprintf(reasons, "  %s: %s\n", report->locks[i].name, report->locks[i].why);
	}
	fclose(out);
	fclose(reasons);
	cr_expect_str_eq(got, expected, "got:\n%s%sexpected:\n%s", got, why, expected);
	free(got);
	free(why);
	analysis_free(analysis);
}

/** A text put together as by printf. The caller frees. */
__attribute__((format(printf, 1, 2))) static inline char *trace_format(const char *format, ...)
{
	va_list args;
	char *text = NULL;

	va_start(args, format);
	cr_assert(vasprintf(&text, format, args) >= 0);
	va_end(args);
	return text;
}

/** `trace` `times` times over. The caller frees. */
static inline char *trace_repeat(const char *trace, unsigned times)
{
	size_t length = strlen(trace);
	char *text = malloc(length * times + 1);

	cr_assert(text);
	for (unsigned i = 0; i < times; i++)
		memcpy(text + i * length, trace, length);
	text[length * times] = '\0';
	return text;
}

#endif
