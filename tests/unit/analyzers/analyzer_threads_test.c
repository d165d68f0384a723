/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * analyzer_threads_test.c - as many threads as are told apart, and one more.
 */
#include "expect.h"
#include "wording/findings.h"
#include "world/world.h"

/* A task on each of `count` threads, numbered from 1: it reads and suspends; then a writer on the
 * last of them; then the task of the thread before that one goes on, and writes. */
static char *threads_trace(unsigned count)
{
	char *trace = NULL;
	size_t size;
	FILE *out = open_memstream(&trace, &size);

	fprintf(out, "1 - target 1 c can=accesses,acquires,releases,awaits,step-ends,wakes\n");
	/* The tracer's own stream is none of them. */
	fprintf(out, "thread 0\n1 - lock-new L1 @main:p.c:1\n");
	for (unsigned i = 1; i <= count; i++)
		fprintf(out,
		        "thread %u\n+1 w%u lock-taken L%u @get:p.c:30\n+1 w%u read x%u "
		        "@get:p.c:31\n"
		        "+0 w%u lock-freed L%u @get:p.c:32\n+1 w%u suspend sleep @get:p.c:33\n",
		        i, i, i, i, i / 2, i, i, i);
	fprintf(out, "thread %u\n+1 w%u write x%u @put:p.c:40\n+1 w%u suspend sleep @put:p.c:41\n",
	        count, count + 1, (count - 1) / 2, count + 1);
	fprintf(out, "thread %u\n+1 w%u write x%u @get:p.c:34\n+1 w%u suspend sleep @get:p.c:35\n",
	        count - 1, count - 1, (count - 1) / 2, count - 1);
	fclose(out);
	return trace;
}

static const struct report_finding *find(const struct report *report, const char *rule)
{
	for (size_t i = 0; i < report->finding_count; i++)
		if (!strcmp(report->findings[i].rule, rule))
			return &report->findings[i];
	return NULL;
}

Test(threads, as_many_as_are_told_apart_are_all_seen)
{
	char *trace = threads_trace(WORLD_THREADS);
	const struct report *report;
	struct analysis *analysis = expect_analysis(trace, &report);

	cr_expect_eq(report->unseen_count, 0);
	cr_expect_eq(report->period.threads, WORLD_THREADS);
	cr_expect_eq(report->lock_count, WORLD_THREADS);
	cr_expect(find(report, "data-race"));
	for (size_t i = 0; i < report->finding_count; i++)
		cr_expect(report->findings[i].basis != REPORT_BASIS_OBSERVED ||
		                  report->findings[i].severity == REPORT_INFO,
		          "%s: between threads nothing is observed", report->findings[i].rule);
	analysis_free(analysis);
	free(trace);
}

Test(threads, one_more_is_left_out_and_the_report_says_so)
{
	char *trace = threads_trace(WORLD_THREADS + 1);
	const struct report *report;
	struct analysis *analysis = expect_analysis(trace, &report);

	cr_assert_eq(report->unseen_count, 1);
	cr_expect(strstr(report->unseen[0].what, "1 thread was left out"), "%s",
	          report->unseen[0].what);
	cr_expect(report->unseen[0].hides & REPORT_HIDES_RULE(RULE_LOST_UPDATE));
	cr_expect_eq(report->period.threads, WORLD_THREADS + 1);
	cr_expect_eq(report->lock_count, WORLD_THREADS);
	cr_expect(!find(report, "lost-update"), "what two threads did is not taken for one's");
	analysis_free(analysis);
	free(trace);
}

Test(threads, a_lock_that_one_left_out_uses_is_not_judged_by_what_it_did_not_do)
{
	char *many = threads_trace(WORLD_THREADS);
	char *rounds = trace_repeat("+1 w1 lock-taken L1 @get:p.c:30\n+1 w1 lock-freed L1\n"
	                            "+1 w1 suspend sleep\n+1 w900 lock-taken L1 @get:p.c:30\n"
	                            "+1 w900 lock-freed L1\n+1 w900 suspend sleep\n",
	                            100);
	char *alone = trace_format("%sthread 1\n%s", many, rounds);
	char *used =
		trace_format("%sthread 900\n+1 w901 lock-taken L1\n+1 w901 lock-freed L1\n", alone);

	for (unsigned i = 0; i < 2; i++) {
		const struct report *report;
		struct analysis *analysis = expect_analysis(i ? used : alone, &report);

		for (size_t k = 0; k < report->lock_count; k++)
			if (!strcmp(report->locks[k].name, "L1"))
				cr_expect_eq(report->locks[k].verdict == REPORT_UNKNOWN, i == 1,
				             "%s", report->locks[k].why);
		analysis_free(analysis);
	}
	free(used);
	free(alone);
	free(rounds);
	free(many);
}

Test(threads, a_lock_of_two_threads_is_shared_whatever_their_numbers)
{
	char *many = threads_trace(66), *rounds;
	char *trace;

	/* Threads 2 and 66 have one bit in a set of 64. */
	rounds = trace_repeat("thread 2\n+1 w2 lock-taken L2 @get:p.c:30\n+1 w2 lock-freed L2\n"
	                      "+1 w2 suspend sleep\nthread 66\n+1 w66 lock-taken L2 @get:p.c:30\n"
	                      "+1 w66 lock-freed L2\n+1 w66 suspend sleep\n",
	                      100);
	trace = trace_format("%s%s", many, rounds);

	const struct report *report;
	struct analysis *analysis = expect_analysis(trace, &report);

	for (size_t k = 0; k < report->lock_count; k++)
		if (!strcmp(report->locks[k].name, "L2")) {
			cr_expect_eq(report->locks[k].threads, 2);
			cr_expect(strstr(report->locks[k].why, "several threads use it"), "%s",
			          report->locks[k].why);
		}
	analysis_free(analysis);
	free(trace);
	free(rounds);
	free(many);
}
