/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * analyzer_tests_test.c - findings in a test suite name the tests they were seen in, and only
 * those.
 */
#include "expect.h"

/* A lost update of `x` by two tasks called a and b, in one thread. */
#define LOST_UPDATE(a, b, x)                                                                       \
	"+1 " a " read " x " @add:a.py:1\n+1 " a " suspend sleep @add:a.py:2\n"                    \
	"+1 " b " read " x " @add:a.py:1\n+1 " b " suspend sleep @add:a.py:2\n"                    \
	"+1 " a " write " x " @add:a.py:3\n+1 " a " task-end\n"                                    \
	"+1 " b " write " x " @add:a.py:3\n+1 " b " task-end\n"

/* The tests of each finding, a line each: "rule: test, test". */
static void expect_tests(const char *trace, const char *expected)
{
	const struct report *report;
	struct analysis *analysis = expect_analysis(trace, &report);
	char *got = NULL;
	size_t size;
	FILE *out = open_memstream(&got, &size);

	for (size_t i = 0; i < report->finding_count; i++) {
		const struct report_finding *finding = &report->findings[i];

		if (finding->severity == REPORT_INFO)
			continue;
		fprintf(out, "%s:", finding->rule);
		for (size_t t = 0; t < finding->test_count; t++)
			fprintf(out, "%s %s", t ? "," : "", finding->tests[t]);
		fputc('\n', out);
	}
	fclose(out);
	cr_expect_str_eq(got, expected, "got:\n%sexpected:\n%s", got, expected);
	free(got);
	analysis_free(analysis);
}

Test(tests, each_test_a_place_was_seen_in_is_named_once)
{
	expect_tests("+1 - test t.py::one\n" LOST_UPDATE("a", "b", "x") LOST_UPDATE(
			     "c", "d", "x") "+1 - test t.py::two\n"
	                                    "+1 - test t.py::three\n" LOST_UPDATE("e", "f", "x"),
	             "lost-update: t.py::one, t.py::three\n");
}

Test(tests, the_objects_of_several_tests_are_one_finding_in_the_order_of_the_tests)
{
	expect_tests("name 0x900 location Pool.size\nname 0x100 location Pool.size\n"
	             "+1 - test one\n" LOST_UPDATE("a", "b", "0x900") "+1 - test two\n" LOST_UPDATE(
			     "c", "d", "0x100"),
	             "lost-update: one, two\n");
}

Test(tests, where_it_could_have_happened_is_not_told_once_it_has_happened)
{
	/* In the first test the two tasks come one after the other. */
	expect_tests("+1 - test one\n"
	             "+1 a read x @add:a.py:1\n+1 a suspend sleep @add:a.py:2\n"
	             "+1 a write x @add:a.py:3\n+1 a task-end\n"
	             "+1 b read x @add:a.py:1\n+1 b suspend sleep @add:a.py:2\n"
	             "+1 b write x @add:a.py:3\n+1 b task-end\n",
	             "lost-update: one\n");
	expect_tests("+1 - test one\n"
	             "+1 a read x @add:a.py:1\n+1 a suspend sleep @add:a.py:2\n"
	             "+1 a write x @add:a.py:3\n+1 a task-end\n"
	             "+1 b read x @add:a.py:1\n+1 b suspend sleep @add:a.py:2\n"
	             "+1 b write x @add:a.py:3\n+1 b task-end\n"
	             "+1 - test two\n" LOST_UPDATE("c", "d", "x"),
	             "lost-update: two\n");
}

Test(tests, what_is_seen_behind_the_last_test_is_not_of_it)
{
	expect_tests("+1 - test one\n+1 - test 0\n" LOST_UPDATE("a", "b", "x"), "lost-update:\n");
}

Test(tests, a_test_that_may_have_ended_in_a_loss_is_not_named)
{
	expect_tests("+1 - test one\n+1 - lost 5 20\n" LOST_UPDATE("a", "b", "x"),
	             "lost-update:\n");
	expect_tests("thread 0\n+1 - lost 0 0\nthread 1\n+1 - test one\nthread 0\n+1 - lost 5 20\n"
	             "thread 1\n" LOST_UPDATE("a", "b", "x"),
	             "lost-update:\n");
}

Test(tests, another_thread_works_for_the_one_that_runs_tests)
{
	expect_tests("+1 - test one\nthread 2\n" LOST_UPDATE("a", "b", "x"), "lost-update: one\n");
}

Test(tests, with_two_that_run_tests_a_third_thread_works_for_nobody_known)
{
	expect_tests("+1 - test one\nthread 3\n+1 - test two\nthread 2\n" LOST_UPDATE(
			     "a", "b", "x") "thread 3\n" LOST_UPDATE("c", "d", "y"),
	             "lost-update:\nlost-update: two\n");
}

Test(tests, a_lock_that_stays_locked_is_of_the_test_that_took_it)
{
	expect_tests("+1 - test one\n+1 w lock-taken L @f:a.py:1\n+1 w task-end\n+1 - test two\n"
	             "+1 v suspend sleep\n",
	             "lock-never-released: one\n");
}

Test(tests, a_deadlock_that_was_none_is_of_no_test)
{
	/* The circle of the first test is broken at once; that of the second stands. */
	expect_tests("target c can=acquires,releases,step-ends\n"
	             "+1 - test one\n"
	             "+1 a lock-taken L\n+1 a suspend sleep\n+1 b lock-taken M\n"
	             "+1 b lock-wait L\n+1 b suspend L\n+1 a lock-wait M\n+1 a suspend M\n"
	             "+1 a lock-giveup M\n+1 a lock-freed L\n+1 a suspend sleep\n"
	             "+1 b lock-taken L\n+1 b lock-freed L\n+1 b lock-freed M\n+1 b suspend sleep\n"
	             "+1 - test two\n"
	             "+1 a lock-taken L\n+1 a suspend sleep\n+1 b lock-taken M\n"
	             "+1 b lock-wait L\n+1 b suspend L\n+1 a lock-wait M\n+1 a suspend M\n",
	             "deadlock: two\n");
}
