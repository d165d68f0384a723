/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * analyzer_caps_test.c - locks and findings up to the most that are told apart, and beyond.
 */
#include "expect.h"
#include "findings.h"
#include "world.h"

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
