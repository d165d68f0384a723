/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_cpython_permits_test.c - sections of semaphores, of one permit and of several, are
 * counted as the program counts them itself, and so are those that spanned a suspension.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "analysis.h"
#include "cpython/cpython_session.h"
#include "python_program.h"

static int feed(void *context, const struct stream_batch *batch)
{
	return analysis_feed(context, batch);
}

static void poll_for(struct source *source, struct analysis *analysis, int rounds)
{
	while (rounds--)
		cr_assert_geq(source->ops->poll(source, 5, feed, analysis), 0);
}

static const struct report *program_watch(struct program *program, const char *name,
                                          enum cpython_detail detail, struct analysis **analysis)
{
	struct cpython_session_options options = {.detail = detail};
	struct fault fault = {0};
	const struct report *report;
	struct source *source;

	program_start(program, name);
	for (int i = 0; i < 100 && !program_said(program, "ready\n", 100); i++)
		;
	options.pid = program->pid;
	cr_assert_eq(cpython_session_open(&options, &source, &fault), 0, "%s", fault.message);
	cr_assert_eq(analysis_new(NULL, analysis), 0);
	poll_for(source, *analysis, 4);
	fputs("\n", program->in);
	fflush(program->in);
	for (int i = 0; i < 4000 && !program_done(program); i++)
		poll_for(source, *analysis, 1);
	cr_assert(strstr(program->text, "done\n"), "%s", program->text);
	poll_for(source, *analysis, 4);
	cr_assert_eq(source->ops->stop(source, feed, *analysis), 0);
	source->ops->close(source);
	cr_assert_eq(analysis_finish(*analysis, &report), 0);
	program_end(program);
	cr_assert_eq(report->period.lost, 0);
	return report;
}

static const struct report_lock *lock_named(const struct report *report, const char *name)
{
	for (size_t i = 0; i < report->lock_count; i++)
		if (!strcmp(report->locks[i].name, name))
			return &report->locks[i];
	return NULL;
}

static void expect_truth(enum cpython_detail detail)
{
	static struct program program;
	struct analysis *analysis;
	const struct report *report = program_watch(&program, "semaphores", detail, &analysis);
	char *line = strstr(program.text, "lock ");
	char name[64];
	unsigned sections, spanned, waits, seen = 0;

	for (; line && sscanf(line, "lock %63s %u %u %u", name, &sections, &spanned, &waits) == 4;
	     line = strstr(line + 1, "lock ")) {
		const struct report_lock *lock = lock_named(report, name);

		seen++;
		cr_assert(lock, "%s was not told of", name);
		cr_expect_eq(lock->sections, sections, "%s: sections %lu, truth %u", name,
		             lock->sections, sections);
		cr_expect_eq(lock->suspended, spanned, "%s: suspended %lu, truth %u", name,
		             lock->suspended, spanned);
		cr_expect_eq(lock->waited, waits, "%s: waited %lu, truth %u", name, lock->waited,
		             waits);
		cr_expect_eq(lock->verdict == REPORT_LIMITS, strcmp(name, "One._one") != 0,
		             "%s: %s", name, report_verdict_text(lock->verdict));
	}
	cr_expect_eq(seen, 4);
	analysis_free(analysis);
}

Test(session_cpython_permits, they_are_exact_where_acquisitions_are_seen)
{
	expect_truth(CPYTHON_LOCKS);
}

Test(session_cpython_permits, they_are_exact_where_awaits_are_seen_too)
{
	expect_truth(CPYTHON_AWAITS);
}
