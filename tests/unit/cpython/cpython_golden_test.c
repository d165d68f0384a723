/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_golden_test.c - facts that were recorded of a program with each CPython
 * (scripts/record-facts) are told as what that program counted itself; here without the program,
 * without root and without a kernel that has BPF.
 *
 * tests/golden/facts/VERSION-WHAT.facts is a log of facts; .truth beside it is what
 * tests/programs/python/kept.py printed.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis.h"
#include "cpython/cpython_fact_replay.h"
#include "event/names.h"
#include "python_tally.h"

enum { EVENTS = 8192, NAME = 64, DEPTH = 64, LINE_SIZE = 256 };

/* One recording, replayed. */
struct recording {
	const char *name;
	char *facts, *truth;
	size_t size;
	struct cpython_fact_replay told;
	struct tally tally;
	struct names *names;
	struct aw_event events[EVENTS];
	size_t count;
};

static struct recording now;

static char *file_text(const char *path, size_t *size)
{
	FILE *in = fopen(path, "re");
	char *text = NULL;
	size_t n = 0;

	cr_assert_not_null(in, "%s", path);
	text = malloc(1 << 21);
	n = fread(text, 1, (1 << 21) - 1, in);
	fclose(in);
	text[n] = 0;
	if (size)
		*size = n;
	return text;
}

static int keep(void *context, const struct stream_batch *batch)
{
	(void)context;
	for (size_t i = 0; i < batch->count; i++) {
		cr_assert_lt(now.count, EVENTS);
		now.events[now.count++] = batch->events[i];
	}
	tally_batch(&now.tally, batch);
	return names_feed(now.names, batch);
}

static void recording_open(const char *path)
{
	char truth[128];

	memset(&now, 0, sizeof(now));
	now.name = path;
	now.facts = file_text(path, &now.size);
	snprintf(truth, sizeof(truth), "%.*s.truth", (int)(strlen(path) - strlen(".facts")), path);
	now.truth = file_text(truth, NULL);
	cr_assert_eq(names_new(&now.names), 0);
}

static void recording_close(void)
{
	names_free(now.names);
	free(now.facts);
	free(now.truth);
}

static int replay(size_t size)
{
	struct fault fault = {0};
	int error = cpython_fact_replay(now.facts, size, keep, NULL, &now.told, &fault);

	cr_expect_eq(error, 0, "%s: %s", now.name, fault.message);
	return error;
}

/* Calls `check` for each recording whose name ends in `what`. Returns how many there are. */
static unsigned each_recording(const char *what, void (*check)(void))
{
	char pattern[64];
	unsigned count;
	glob_t found;

	snprintf(pattern, sizeof(pattern), "tests/golden/facts/*-%s.facts", what);
	cr_assert_eq(glob(pattern, 0, NULL, &found), 0, "there is no %s", pattern);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		recording_open(found.gl_pathv[i]);
		replay(now.size);
		check();
		recording_close();
	}
	count = (unsigned)found.gl_pathc;
	globfree(&found);
	return count;
}

static const char *name_of(uint64_t task)
{
	const char *name = task ? names_object(now.names, now.told.pid, task) : "-";

	return name ? name : "";
}

/* ---- steps, tasks, locks ---- */

static unsigned truth_of(const char *word)
{
	unsigned count = 0;
	const char *line = strstr(now.truth, word);

	cr_assert_not_null(line, "%s: no %s", now.name, word);
	cr_assert_eq(sscanf(line + strlen(word), "%u", &count), 1);
	return count;
}

static void expect_counts(void)
{
	unsigned steps = truth_of("steps"), tasks = truth_of("tasks");

	cr_expect(now.told.whole, "%s", now.name);
	cr_expect_eq(now.told.unanswered, 0, "%s: %u", now.name, (unsigned)now.told.unanswered);
	cr_expect_eq(now.tally.lost, 0, "%s: lost %u", now.name, now.tally.lost);
	cr_expect_eq(now.tally.resumes, steps, "%s: told %u steps, truth %u", now.name,
	             now.tally.resumes, steps);
	cr_expect_eq(now.tally.created, tasks, "%s: told %u tasks, truth %u", now.name,
	             now.tally.created, tasks);
	cr_expect_eq(now.tally.ended, tasks, "%s: told %u ends, truth %u", now.name,
	             now.tally.ended, tasks);
	cr_expect_eq(now.tally.suspends, steps - tasks, "%s: told %u suspensions, truth %u",
	             now.name, now.tally.suspends, steps - tasks);
}

Test(cpython_golden, every_step_task_and_suspension_is_told)
{
	cr_expect_geq(each_recording("*", expect_counts), 21);
}

static void expect_every_lock(void)
{
	cr_expect_gt(expect_locks(now.truth, &now.tally, true), 0, "%s", now.name);
}

Test(cpython_golden, every_section_and_wait_of_each_lock_is_told)
{
	cr_expect_geq(each_recording("locks", expect_every_lock), 6);
	cr_expect_geq(each_recording("all", expect_every_lock), 5);
}

/* ---- chains ---- */

/* The lines of the program in a chain, the outermost first. A line of an `async with` stands in it
 * once, a comprehension is none here. */
static void path_of(uint64_t site, char *out, size_t size)
{
	uint32_t lines[DEPTH];
	unsigned n = 0;

	while (site && n < DEPTH) {
		const struct names_site *at = names_site(now.names, now.told.pid, site);

		cr_assert(at && at->file, "site %llu is not known", (unsigned long long)site);
		if (strstr(at->file, "/kept.py"))
			lines[n++] = at->line;
		site = at->parent;
	}
	out[0] = 0;
	while (n-- > 0)
		snprintf(out + strlen(out), size - strlen(out), "%s%u", out[0] ? "," : "",
		         lines[n]);
}

static unsigned suspensions_of(const char *task)
{
	char path[LINE_SIZE / 2], line[LINE_SIZE];
	unsigned count = 0;

	for (size_t i = 0; i < now.count; i++) {
		const struct aw_event *event = &now.events[i];

		if (event->kind != AW_SUSPEND || strcmp(name_of(event->task), task) != 0)
			continue;
		path_of(event->site, path, sizeof(path));
		snprintf(line, sizeof(line), "path %s %s\n", task, path);
		cr_expect(strstr(now.truth, line), "%s: told %s", now.name, line);
		count++;
	}
	return count;
}

/* Calls `check` for each line of the truth that begins with `word`; returns how many there are. */
static unsigned each_truth(const char *word, void (*check)(const char *line))
{
	unsigned count = 0;

	for (const char *at = now.truth; (at = strstr(at, word)); at++, count++)
		check(at + strlen(word));
	return count;
}

static void expect_suspensions(const char *line)
{
	char task[NAME];
	unsigned truth, told;

	cr_assert_eq(sscanf(line, "%63s %u", task, &truth), 2);
	told = suspensions_of(task);
	cr_expect_eq(told, truth, "%s: %s: told %u suspensions, truth %u", now.name, task, told,
	             truth);
}

static void expect_chains(void)
{
	cr_expect_eq(each_truth("suspends ", expect_suspensions), 8);
}

Test(cpython_golden, every_suspension_is_told_with_its_chain)
{
	cr_expect_geq(each_recording("chains", expect_chains), 5);
}

/* ---- who woke whom, who made whom, which awaits were passed ---- */

/* How many events of a kind are about two tasks of these names. */
static unsigned between(enum aw_kind kind, const char *object, const char *task)
{
	unsigned count = 0;

	for (size_t i = 0; i < now.count; i++)
		count += now.events[i].kind == kind &&
		         !strcmp(name_of(now.events[i].object), object) &&
		         !strcmp(name_of(now.events[i].task), task);
	return count;
}

static void expect_wakes(const char *line)
{
	char waker[NAME], woken[NAME];
	unsigned truth, told;

	cr_assert_eq(sscanf(line, "%63s %63s %u", waker, woken, &truth), 3);
	told = between(AW_WAKE, woken, waker);
	cr_expect_eq(told, truth, "%s: %s woke %s: told %u, truth %u", now.name, waker, woken, told,
	             truth);
}

static void expect_made(const char *line)
{
	char child[NAME], maker[NAME];
	unsigned truth, told;

	cr_assert_eq(sscanf(line, "%63s %63s %u", child, maker, &truth), 3);
	told = between(AW_TASK_NEW, child, maker);
	cr_expect_eq(told, truth, "%s: %s made %s: told %u, truth %u", now.name, maker, child, told,
	             truth);
}

static void expect_passed(const char *line)
{
	unsigned number, times, suspended, told = 0, spanned = 0;

	cr_assert_eq(sscanf(line, "%u %u %u", &number, &times, &suspended), 3);
	for (size_t i = 0; i < now.count; i++) {
		const struct aw_event *event = &now.events[i];
		const struct names_site *at =
			event->kind == AW_AWAIT ? names_site(now.names, now.told.pid, event->site)
						: NULL;

		if (!at || at->line != number || !strstr(at->file, "/kept.py"))
			continue;
		told++;
		spanned += event->arg & 1;
	}
	cr_expect(told == times && spanned == suspended,
	          "%s: line %u: told %u passes, %u suspended; truth %u, %u", now.name, number, told,
	          spanned, times, suspended);
}

static void expect_causes(void)
{
	cr_expect_geq(each_truth("wake ", expect_wakes), 6, "%s", now.name);
	cr_expect_geq(each_truth("made ", expect_made), 9, "%s", now.name);
	cr_expect_eq(each_truth("passed ", expect_passed), 2, "%s", now.name);
}

Test(cpython_golden, every_wake_up_maker_and_pass_is_told)
{
	cr_expect_geq(each_recording("all", expect_causes), 5);
}

/* ---- what was lost, as the analyzers conclude it of these events ---- */

static const struct report *report;

static void expect_lost(const char *line)
{
	char cell[NAME];
	unsigned truth, found = 0;

	cr_assert_eq(sscanf(line, "%63s %u", cell, &truth), 2);
	for (size_t i = 0; i < report->finding_count; i++)
		if (!strcmp(report->findings[i].rule, "lost-update") &&
		    !strcmp(report->findings[i].object, cell))
			found += report->findings[i].count;
	cr_expect_eq(found, truth, "%s: %s: found %u, truth %u", now.name, cell, found, truth);
}

static void expect_updates(void)
{
	const struct stream_batch batch = {
		.pid = now.told.pid, .tid = 1, .events = now.events, .count = now.count};
	struct analysis *analysis;

	cr_assert_eq(analysis_new(NULL, &analysis), 0);
	cr_assert_eq(analysis_feed(analysis, &batch), 0);
	cr_assert_eq(analysis_finish(analysis, &report), 0);
	cr_expect_eq(each_truth("lost ", expect_lost), 3, "%s", now.name);
	cr_expect_eq(report->finding_count, 1, "%s: %zu findings", now.name, report->finding_count);
	analysis_free(analysis);
}

Test(cpython_golden, every_lost_update_is_found_and_nothing_else)
{
	cr_expect_geq(each_recording("updates", expect_updates), 5);
}
