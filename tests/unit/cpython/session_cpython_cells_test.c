/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_cpython_cells_test.c - the updates a Python program lost, as it counts them itself, are
 * those that are found from outside; nothing is found where it lost none.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "analysis.h"
#include "cpython/cpython_session.h"
#include "source/join/join_watch.h"
#include "python_program.h"

/* How often a rule found something of an object; `verdict` said of it. */
static uint64_t found(const struct report *report, const char *rule, const char *object)
{
	uint64_t count = 0;

	for (size_t i = 0; i < report->finding_count; i++)
		if (!strcmp(report->findings[i].rule, rule) && report->findings[i].object &&
		    !strcmp(report->findings[i].object, object)) {
			cr_expect_eq(report->findings[i].basis, REPORT_BASIS_OBSERVED, "%s",
			             object);
			count += report->findings[i].count;
		}
	return count;
}

static int feed(void *context, const struct stream_batch *batch)
{
	return analysis_feed(context, batch);
}

static void poll_for(struct source *source, struct analysis *analysis, int rounds)
{
	while (rounds--)
		cr_assert_geq(source->ops->poll(source, 5, feed, analysis), 0);
}

/* Runs a program under the tracer; its own counts are in program->text afterwards. */
static const struct report *program_watch(struct program *program, const char *name,
                                          enum cpython_detail detail, struct analysis **analysis)
{
	struct join_watch *watch = join_watch_new();
	struct cpython_session_options options = {
		.detail = detail, .watch = join_watch_windows, .watch_context = watch};
	struct fault fault = {0};
	const struct report *report;
	struct source *source;
	int error;

	program_start(program, name);
	for (int i = 0; i < 100 && !program_said(program, "ready\n", 100); i++)
		;
	options.pid = program->pid;
	error = cpython_session_open(&options, &source, &fault);
	cr_assert_eq(error, 0, "open: %s", fault.message);
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
	join_watch_free(watch);
	cr_assert_eq(analysis_finish(*analysis, &report), 0);
	program_end(program);
	cr_assert_eq(report->period.lost, 0);
	return report;
}

/* Each line `RULE OBJECT COUNT` of the program must be found so often, and nothing else. */
static void expect_truth(const struct program *program, const struct report *report)
{
	char rule[64], object[128];
	unsigned truth, lines = 0;
	uint64_t all = 0;

	for (const char *line = program->text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "truth %63s %127s %u", rule, object, &truth) != 3)
			continue;
		lines++;
		cr_expect_eq(found(report, rule, object), truth, "%s of %s: found %lu, truth %u",
		             rule, object, found(report, rule, object), truth);
		all += truth != 0;
	}
	cr_expect(lines > 0);
	for (size_t i = 0; i < report->finding_count; i++)
		if (strstr("lost-update check-then-act stale-use inconsistent-guard "
		           "changed-while-iterating",
		           report->findings[i].rule)) {
			char wanted[256];

			snprintf(wanted, sizeof(wanted), "truth %s %s ", report->findings[i].rule,
			         report->findings[i].object);
			cr_expect(strstr(program->text, wanted), "found and not true: %s",
			          report->findings[i].message);
		}
}

static struct program program;

static void expect_exact(const char *name, enum cpython_detail detail)
{
	struct analysis *analysis;
	const struct report *report = program_watch(&program, name, detail, &analysis);

	expect_truth(&program, report);
	analysis_free(analysis);
}

Test(session_cpython_cells, lost_updates_of_attributes_are_exact)
{
	expect_exact("cells_counter", CPYTHON_STEPS);
	expect_exact("cells_counter", CPYTHON_LOCKS);
	expect_exact("cells_counter", CPYTHON_ALL);
}

Test(session_cpython_cells, lost_updates_are_exact_wherever_the_value_is_kept)
{
	expect_exact("cells_places", CPYTHON_STEPS);
}

Test(session_cpython_cells, checks_that_went_stale_are_exact_and_what_does_not_matter_is_silent)
{
	expect_exact("cells_checked", CPYTHON_STEPS);
	expect_exact("cells_checked", CPYTHON_ALL);
}

Test(session_cpython_cells, what_is_in_containers_is_exact)
{
	expect_exact("cells_containers", CPYTHON_STEPS);
	expect_exact("cells_containers", CPYTHON_ALL);
}

/* Is it among what stands on top as not seen? */
static bool unseen(const struct report *report, const char *text)
{
	for (size_t i = 0; i < report->unseen_count; i++)
		if (strstr(report->unseen[i].what, text))
			return true;
	return false;
}

Test(session_cpython_cells, more_cells_than_are_watched_are_said_to_be_missing)
{
	struct analysis *analysis;
	const struct report *report =
		program_watch(&program, "cells_many", CPYTHON_STEPS, &analysis);
	unsigned truth = 0;

	cr_assert_eq(
		sscanf(strstr(program.text, "truth"), "truth lost-update Shared.size %u", &truth),
		1);
	cr_expect_gt(found(report, "lost-update", "Shared.size"), 0);
	cr_expect_leq(found(report, "lost-update", "Shared.size"), truth);
	cr_expect(unseen(report, "the cap was reached"));
	analysis_free(analysis);
	report = program_watch(&program, "cells_counter", CPYTHON_STEPS, &analysis);
	cr_expect(!unseen(report, "the cap was reached"));
	analysis_free(analysis);
}

/* Each line `truth writer CELL TASK FUNCTION HOW`. */
static void expect_writers(const struct report *report)
{
	char cell[64], task[64], function[64], how[64];

	for (const char *line = program.text; line; line = strchr(line, '\n')) {
		const struct report_finding *f = NULL;

		line += *line == '\n';
		if (sscanf(line, "truth writer %63s %63s %63s %63s", cell, task, function, how) !=
		    4)
			continue;
		for (size_t i = 0; i < report->finding_count; i++)
			if (report->findings[i].object && !strcmp(report->findings[i].object, cell))
				f = &report->findings[i];
		cr_assert(f, "%s", cell);
		cr_expect_str_eq(f->other_task, task);
		cr_expect_str_eq(f->other.function, function);
		cr_expect_eq(!strstr(f->message, "or a callback"), !strcmp(how, "sure"), "%s",
		             f->message);
	}
}

Test(session_cpython_cells, who_wrote_meanwhile_is_named)
{
	struct analysis *analysis;
	const struct report *report =
		program_watch(&program, "cells_writers", CPYTHON_STEPS, &analysis);

	expect_truth(&program, report);
	expect_writers(report);
	analysis_free(analysis);
}

/* Each line `truth verdict LOCK VERDICT`. */
static void expect_verdicts(const struct report *report, bool needed)
{
	char lock[64], verdict[64];

	for (const char *line = program.text; line; line = strchr(line, '\n')) {
		const char *told = "";

		line += *line == '\n';
		if (sscanf(line, "truth verdict %63s %63s", lock, verdict) != 2)
			continue;
		for (size_t i = 0; i < report->lock_count; i++)
			if (report->locks[i].name && !strcmp(report->locks[i].name, lock))
				told = report_verdict_text(report->locks[i].verdict);
		if (needed || strcmp(verdict, "needed") != 0)
			cr_expect_str_eq(told, verdict, "%s: %s", lock, told);
		else
			cr_expect_str_eq(told, "unknown", "%s: %s", lock, told);
	}
}

static void expect_locks(enum cpython_detail detail)
{
	struct analysis *analysis;
	const struct report *report = program_watch(&program, "cells_locks", detail, &analysis);

	expect_truth(&program, report);
	expect_verdicts(report, detail == CPYTHON_ALL);
	analysis_free(analysis);
}

Test(session_cpython_cells, the_lock_that_should_have_prevented_it_is_judged)
{
	expect_locks(CPYTHON_LOCKS);
	expect_locks(CPYTHON_ALL);
}
