/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * analyzer_caps_test.c - locks and findings up to the most that are told apart, and beyond.
 */
#include "expect.h"
#include "wording/findings.h"
#include "world/world.h"

static const char target[] =
	"1 - target 1 c can=accesses,acquires,releases,awaits,step-ends,wakes\n";

/* `count` locks, each taken over a suspension at a place of its own. */
static char *locks_trace(unsigned count)
{
	char *trace = NULL;
	size_t size;
	FILE *out = open_memstream(&trace, &size);

	fputs(target, out);
	for (unsigned i = 1; i <= count; i++)
		fprintf(out,
		        "+1 - lock-new L%u @make:p.c:%u\n+1 w1 lock-taken L%u @get:p.c:%u\n"
		        "+0 w1 suspend sleep @get:p.c:1\n+1 w1 lock-freed L%u\n",
		        i, i, i, i, i);
	fclose(out);
	return trace;
}

static void expect_rows(unsigned count, unsigned rows)
{
	const struct report *report;
	char *trace = locks_trace(count);
	struct analysis *analysis = expect_analysis(trace, &report);
	uint64_t sections = 0;

	cr_expect_eq(report->lock_count, rows);
	for (size_t i = 0; i < report->lock_count; i++)
		sections += report->locks[i].sections;
	cr_expect_eq(sections, count, "none is left out");
	if (count == rows) {
		cr_expect_eq(report->unseen_count, 0);
	} else {
		cr_assert_eq(report->unseen_count, 1);
		cr_expect(strstr(report->unseen[0].what, "2 locks share one row with others"), "%s",
		          report->unseen[0].what);
	}
	analysis_free(analysis);
	free(trace);
}

Test(caps, as_many_locks_as_are_told_apart_have_rows_of_their_own)
{
	expect_rows(WORLD_IDENTITIES, WORLD_IDENTITIES);
}

Test(caps, two_locks_more_share_the_last_row_and_the_report_says_so)
{
	expect_rows(WORLD_IDENTITIES + 2, WORLD_IDENTITIES);
}

/* One task that holds `count` locks over one suspension. */
static char *held_trace(unsigned count)
{
	char *trace = NULL;
	size_t size;
	FILE *out = open_memstream(&trace, &size);

	fputs(target, out);
	for (unsigned i = 1; i <= count; i++)
		fprintf(out, "+1 - lock-new L%u @make:p.c:%u\n+1 w1 lock-taken L%u @get:p.c:%u\n",
		        i, i, i, i);
	fputs("+1 w1 suspend sleep @get:p.c:1\n", out);
	for (unsigned i = 1; i <= count; i++)
		fprintf(out, "+1 w1 lock-freed L%u\n", i);
	fclose(out);
	return trace;
}

Test(caps, each_of_many_locks_that_a_task_holds_spans_its_suspension)
{
	const struct report *report;
	char *trace = held_trace(300);
	struct analysis *analysis = expect_analysis(trace, &report);

	cr_assert_eq(report->lock_count, 300);
	for (size_t i = 0; i < report->lock_count; i++)
		cr_expect_eq(report->locks[i].suspended, 1, "lock %zu", i);
	analysis_free(analysis);
	free(trace);
}

/* `count` updates that are lost, each at a place (`places`) or of an object of its own. */
static char *updates_trace(unsigned count, bool places)
{
	char *trace = NULL;
	size_t size;
	FILE *out = open_memstream(&trace, &size);

	fputs(target, out);
	for (unsigned i = 1; i <= count; i++) {
		unsigned line = places ? 10 * i : 10;

		fprintf(out,
		        "+1 w1 read x%u @get:p.c:%u\n+1 w1 suspend sleep @get:p.c:%u\n"
		        "+1 w2 write x%u @put:p.c:%u\n+1 w2 suspend sleep @put:p.c:%u\n"
		        "+1 w1 write x%u @get:p.c:%u\n+1 w1 suspend sleep @get:p.c:%u\n",
		        i, line, line + 1, i, line + 2, line + 3, i, line + 4, line + 5);
	}
	fclose(out);
	return trace;
}

static unsigned long updates_told(const struct report *report, unsigned *findings)
{
	unsigned long times = 0;

	*findings = 0;
	for (size_t i = 0; i < report->finding_count; i++)
		if (!strcmp(report->findings[i].rule, "lost-update")) {
			times += report->findings[i].count;
			++*findings;
		}
	return times;
}

Test(caps, updates_of_many_objects_at_one_place_are_all_counted)
{
	enum { OBJECTS = FINDINGS_BY_ADDRESS + 1000 };
	const struct report *report;
	char *trace = updates_trace(OBJECTS, false);
	struct analysis *analysis = expect_analysis(trace, &report);
	unsigned findings;

	cr_expect_eq(updates_told(report, &findings), OBJECTS);
	cr_expect_eq(report->unseen_count, 0);
	analysis_free(analysis);
	free(trace);
}

Test(caps, findings_at_more_places_than_are_kept_are_left_out_and_the_report_says_so)
{
	for (unsigned more = 0; more < 2; more++) {
		const struct report *report;
		char *trace = updates_trace(FINDINGS_MAX + 3 * more, true);
		struct analysis *analysis = expect_analysis(trace, &report);
		unsigned findings;

		cr_expect_eq(updates_told(report, &findings), FINDINGS_MAX);
		cr_expect_eq(findings, FINDINGS_MAX);
		cr_expect_eq(report->unseen_count, more);
		if (more && report->unseen_count) {
			cr_expect(strstr(report->unseen[0].what, "left out (3 times)"), "%s",
			          report->unseen[0].what);
			cr_expect(report->unseen[0].hides & REPORT_HIDES_RULE(RULE_DEADLOCK));
		}
		analysis_free(analysis);
		free(trace);
	}
}

/* Tasks that each hold a lock and want that of the next; the last wants the first one's. */
static char *circle_trace(unsigned count)
{
	char *trace = NULL;
	size_t size;
	FILE *out = open_memstream(&trace, &size);

	for (unsigned i = 1; i <= count; i++)
		fprintf(out,
		        "+1 - lock-new L%u @make:d.c:1\n+1 w%u lock-taken L%u @get:d.c:2\n"
		        "+0 w%u suspend sleep @get:d.c:3\n",
		        i, i, i, i);
	for (unsigned i = 1; i <= count; i++)
		fprintf(out,
		        "+1 w%u lock-wait L%u @want:d.c:4\n+0 w%u suspend L%u lock @want:d.c:4\n",
		        i, i % count + 1, i, i % count + 1);
	fclose(out);
	return trace;
}

static unsigned rule_count(const struct report *report, const char *rule)
{
	unsigned count = 0;

	for (size_t i = 0; i < report->finding_count; i++)
		count += !strcmp(report->findings[i].rule, rule);
	return count;
}

static const struct report_unseen *unseen_with(const struct report *report, const char *text)
{
	for (size_t i = 0; i < report->unseen_count; i++)
		if (strstr(report->unseen[i].what, text))
			return &report->unseen[i];
	return NULL;
}

Test(caps, a_deadlock_of_as_many_tasks_as_are_followed_is_told_and_a_larger_one_said_to_be_left_out)
{
	static const unsigned counts[] = {65, DEADLOCK_TASKS, DEADLOCK_TASKS + 1};

	for (size_t i = 0; i < 3; i++) {
		const struct report *report;
		const struct report_unseen *row;
		char *trace = circle_trace(counts[i]);
		struct analysis *analysis = expect_analysis(trace, &report);

		cr_expect_eq(rule_count(report, "deadlock"), i < 2, "of %u tasks", counts[i]);
		row = unseen_with(report,
		                  "who waits for whom was not followed to its end (1 time)");
		cr_expect_eq(!row, i < 2, "of %u tasks", counts[i]);
		cr_expect(!row || row->hides == REPORT_HIDES_RULE(RULE_DEADLOCK));
		analysis_free(analysis);
		free(trace);
	}
}

Test(caps, the_last_of_a_hundred_circles_is_taken_back_when_it_dissolves)
{
	enum { CIRCLES = 100 };
	const struct report *report;
	struct analysis *analysis;
	uint64_t told = 0;
	char *trace = NULL;
	size_t size;
	FILE *out = open_memstream(&trace, &size);

	for (unsigned i = 1; i <= CIRCLES; i++)
		fprintf(out,
		        "+1 - lock-new A%u @m:d.c:1\n+1 - lock-new B%u @m:d.c:2\n"
		        "+1 v%u lock-taken A%u @t:d.c:3\n+1 v%u suspend sleep @s:d.c:4\n"
		        "+1 w%u lock-taken B%u @t:d.c:5\n"
		        "+1 w%u lock-wait A%u @w:d.c:6\n+0 w%u suspend A%u lock @w:d.c:6\n"
		        "+1 v%u lock-wait B%u @w:d.c:7\n+0 v%u suspend B%u lock @w:d.c:7\n",
		        i, i, i, i, i, i, i, i, i, i, i, i, i, i, i);
	fprintf(out, "+1 x lock-freed A%u\n+1 x suspend sleep\n+1 w%u lock-taken A%u @t:d.c:8\n",
	        CIRCLES, CIRCLES, CIRCLES);
	fclose(out);
	analysis = expect_analysis(trace, &report);
	for (size_t i = 0; i < report->finding_count; i++)
		told += !strcmp(report->findings[i].rule, "deadlock") ? report->findings[i].count
		                                                      : 0;
	cr_expect_eq(told, CIRCLES - 1, "%lu", told);
	analysis_free(analysis);
	free(trace);
}

/* `count` tasks with a permit each wait for a lock, whose holder wants a permit. */
static unsigned permits_deadlocks(unsigned count)
{
	const struct report *report;
	struct analysis *analysis;
	unsigned deadlocks;
	char *trace = NULL;
	size_t size;
	FILE *out = open_memstream(&trace, &size);

	fprintf(out,
	        "+1 - lock-new S Semaphore permits=%u @m:d.c:1\n+1 - lock-new A @m:d.c:2\n"
	        "+1 x lock-taken A @t:d.c:3\n+1 x suspend sleep @s:d.c:4\n",
	        count);
	for (unsigned i = 1; i <= count; i++)
		fprintf(out, "+1 w%u lock-taken S @t:d.c:5\n+1 w%u suspend sleep @s:d.c:6\n", i, i);
	fputs("+1 x lock-wait S @w:d.c:7\n+0 x suspend S semaphore @w:d.c:7\n", out);
	for (unsigned i = 1; i <= count; i++)
		fprintf(out, "+1 w%u lock-wait A @w:d.c:8\n+0 w%u suspend A lock @w:d.c:8\n", i, i);
	fclose(out);
	analysis = expect_analysis(trace, &report);
	deadlocks = rule_count(report, "deadlock");
	analysis_free(analysis);
	free(trace);
	return deadlocks;
}

/* "63 or more": of 100 permits, 63 may be held by those who wait, and the rest be free. */
Test(caps, of_more_permits_than_are_counted_no_deadlock_is_told)
{
	cr_expect_eq(permits_deadlocks(AW_LOCK_PERMITS_MAX - 1), 1);
	cr_expect_eq(permits_deadlocks(AW_LOCK_PERMITS_MAX), 0);
}

Test(caps, more_pairs_of_locks_than_are_kept_are_said_to_be_left_out)
{
	for (unsigned more = 0; more < 2; more++) {
		const struct report *report;
		const struct report_unseen *row;
		struct analysis *analysis;
		char *trace = NULL;
		size_t size;
		FILE *out = open_memstream(&trace, &size);

		fputs("+1 - lock-new O @m:d.c:1\n+1 w lock-taken O @t:d.c:2\n", out);
		for (unsigned i = 1; i <= LOCK_ORDER_PAIRS + more; i++)
			fprintf(out,
			        "+1 - lock-new L%u @m:d.c:3\n+1 w lock-taken L%u @t:d.c:4\n"
			        "+1 w lock-freed L%u\n",
			        i, i, i);
		fputs("+1 w lock-freed O\n+1 w suspend sleep\n", out);
		fclose(out);
		analysis = expect_analysis(trace, &report);
		row = unseen_with(report,
		                  "locks taken one within the other were left out (1 time)");
		cr_expect_eq(report->unseen_count, more);
		cr_expect_eq(!!row, more);
		cr_expect(!row || row->hides == REPORT_HIDES_RULE(RULE_LOCK_ORDER));
		analysis_free(analysis);
		free(trace);
	}
}

Test(caps, names_beyond_those_that_are_kept_are_said_to_be_left_out)
{
	for (unsigned more = 0; more < 2; more++) {
		const struct report *report;
		struct analysis *analysis;
		char *trace = NULL;
		size_t size;
		FILE *out = open_memstream(&trace, &size);

		for (unsigned i = 1; i <= NAMES_MODULES + 2 * more; i++)
			fprintf(out, "+0 - module 0x%x000 0x%x000 file=/m%u\n", 2 * i, 2 * i + 1,
			        i);
		fclose(out);
		analysis = expect_analysis(trace, &report);
		cr_expect_eq(report->unseen_count, more);
		cr_expect_eq(!!unseen_with(report, "2 names of places, tasks, locks or files"),
		             more);
		analysis_free(analysis);
		free(trace);
	}
}
