/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * analyzer_findings_test.c - golden cases of check-then-act, stale-use,
 * inconsistent-guard, thread locks, long steps and awaits, with silent twins.
 */
#include <errno.h>

#include "expect.h"

#define OTHER_WRITES(where) "+1 w2 write " where " @set:a.c:9\n+1 w2 suspend sleep @set:a.c:10\n"

Test(check_then_act, a_test_before_the_gap_and_a_write_after_it_are_reported)
{
	expect_findings("10 w1 read conn test @get:a.c:1\n"
	                "+1 w1 suspend sleep @get:a.c:2\n" OTHER_WRITES(
				"conn") "+1 w1 write conn @get:a.c:3\n",
	                "check-then-act conn observed\n");
}

Test(check_then_act, a_second_test_after_the_gap_is_silent)
{
	expect_findings(
		"10 w1 read conn test @get:a.c:1\n"
		"+1 w1 suspend sleep @get:a.c:2\n" OTHER_WRITES(
			"conn") "+1 w1 read conn test @get:a.c:3\n+1 w1 write conn @get:a.c:4\n",
		"");
}

Test(check_then_act, being_woken_by_the_one_who_wrote_is_silent)
{
	expect_findings("10 w1 read conn test @get:a.c:1\n"
	                "+1 w1 suspend E event @get:a.c:2\n"
	                "+1 w2 write conn @set:a.c:9\n+1 w2 wake w1 event\n+1 w2 suspend sleep\n"
	                "+1 w1 write conn @get:a.c:3\n",
	                "");
}

Test(stale_use, a_use_of_what_was_read_before_the_gap_is_reported)
{
	expect_findings("10 w1 read limit @get:a.c:1\n"
	                "+1 w1 suspend sleep @get:a.c:2\n" OTHER_WRITES(
				"limit") "+1 w1 read limit use @get:a.c:3\n",
	                "stale-use limit observed\n");
}

Test(stale_use, reading_again_before_the_use_is_silent)
{
	expect_findings(
		"10 w1 read limit @get:a.c:1\n"
		"+1 w1 suspend sleep @get:a.c:2\n" OTHER_WRITES(
			"limit") "+1 w1 read limit @get:a.c:3\n+1 w1 read limit use @get:a.c:4\n",
		"");
}

Test(stale_use, a_reply_that_was_waited_for_is_silent)
{
	expect_findings("10 w1 write reply @get:a.c:1\n"
	                "+1 w1 suspend E event @get:a.c:2\n"
	                "+1 w2 write reply @set:a.c:9\n+1 w2 signal E event\n+1 w2 wake w1 event\n"
	                "+1 w2 suspend sleep\n"
	                "+1 w1 read reply use @get:a.c:3\n",
	                "");
}

Test(stale_use, being_woken_by_the_clock_is_no_message)
{
	expect_findings("10 w1 write reply @get:a.c:1\n"
	                "+1 w1 suspend sleep @get:a.c:2\n"
	                "+1 w2 write reply @set:a.c:9\n+1 w2 suspend sleep\n+1 - wake w1 sleep\n"
	                "+1 w1 read reply use @get:a.c:3\n",
	                "stale-use reply observed\n");
}

#define TWO_WRITES                                                                                 \
	"10 w1 lock-taken L @put:a.c:1\n+1 w1 write x @put:a.c:2\n+1 w1 suspend sleep "            \
	"@put:a.c:3\n"

#define TWO_WRITES_END "+1 w1 write x @put:a.c:4\n+1 w1 lock-freed L @put:a.c:5\n"

Test(inconsistent_guard, a_read_without_the_lock_between_two_writes_under_it_is_reported)
{
	expect_findings(TWO_WRITES "+1 w2 read x @show:a.c:9\n+1 w2 suspend sleep\n" TWO_WRITES_END,
	                "inconsistent-guard x observed\n");
}

Test(inconsistent_guard, a_read_with_the_lock_is_silent)
{
	expect_findings(TWO_WRITES TWO_WRITES_END "+1 w1 suspend sleep\n+1 w2 lock-taken L\n"
	                                          "+1 w2 read x @show:a.c:9\n+1 w2 lock-freed L\n",
	                "");
}

Test(inconsistent_guard, two_writes_under_no_lock_are_a_status_and_silent)
{
	expect_findings("10 w1 write x @put:a.c:2\n+1 w1 suspend sleep @put:a.c:3\n"
	                "+1 w2 read x @show:a.c:9\n+1 w2 suspend sleep\n+1 w1 write x @put:a.c:4\n",
	                "");
}

Test(inconsistent_guard, a_lock_freed_earlier_in_the_same_step_still_keeps_out)
{
	expect_findings(TWO_WRITES TWO_WRITES_END
	                "+1 w1 suspend sleep\n+1 w2 lock-taken L\n+1 w2 lock-freed L\n"
	                "+1 w2 read x @show:a.c:9\n",
	                "");
}

/* The one finding of a trace is of this rule, and the other is this task. */
static void expect_other(const char *trace, const char *rule, const char *task)
{
	const struct report *report;
	struct analysis *analysis = expect_analysis(trace, &report);

	cr_assert_eq(report->finding_count, 1);
	cr_expect_str_eq(report->findings[0].rule, rule);
	cr_expect_str_eq(report->findings[0].other_task, task);
	analysis_free(analysis);
}

/* w1 has a pair under the lock; w2 takes it, too, and w3 does not. */
#define ONE_PASSES(first, second, other)                                                           \
	"9 - lock-new L\n10 w1 lock-taken L\n+1 w1 " first " @get:a.c:1\n"                         \
	"+1 w1 suspend sleep @get:a.c:2\n+1 w1 " second " @get:a.c:3\n+1 w1 lock-freed L\n"        \
	"+1 w1 suspend sleep\n+1 w2 lock-taken L\n+1 w2 " other " @b:a.c:8\n+1 w2 lock-freed L\n"  \
	"+1 w2 suspend sleep\n+1 w3 " other " @c:a.c:9\n+1 w3 suspend sleep\n"

Test(conflict, the_other_is_one_that_the_lock_does_not_keep_out)
{
	expect_other(ONE_PASSES("read x", "write x", "write x"), "lost-update", "w3");
	expect_other(ONE_PASSES("read x test", "write x", "write x"), "check-then-act", "w3");
	expect_other(ONE_PASSES("read x", "read x use", "write x"), "stale-use", "w3");
	expect_other(ONE_PASSES("read x", "read x use iterate", "write x"),
	             "changed-while-iterating", "w3");
	expect_other(ONE_PASSES("write x", "write x", "read x"), "inconsistent-guard", "w3");
}

Test(thread_lock, one_held_over_a_suspension_is_reported)
{
	expect_findings("9 main lock-new G threading.Lock\n+1 main suspend sleep\n"
	                "+1 w1 lock-taken G @a:a.c:1\n+1 w1 suspend sleep @a:a.c:2\n"
	                "+1 w1 lock-freed G\n",
	                "thread-lock-across-suspension G observed\n");
}

/* Sites differ by who called, too: two tasks at one `with` are one finding. */
Test(thread_lock, one_place_reached_in_two_ways_is_one_finding)
{
	expect_findings("9 - site 0x10 line=1 function=\"a\" file=\"a.c\"\n"
	                "+0 - site 0x11 line=1 parent=0x5 function=\"a\" file=\"a.c\"\n"
	                "+0 - site 0x20 line=2 function=\"a\" file=\"a.c\"\n"
	                "+0 - site 0x21 line=2 parent=0x5 function=\"a\" file=\"a.c\"\n"
	                "+0 main lock-new G threading.Lock\n+1 main suspend sleep\n"
	                "+1 w1 lock-taken G @a:a.c:1#0x10\n+1 w1 suspend sleep @a:a.c:2#0x20\n"
	                "+1 w1 lock-freed G\n"
	                "+1 w2 lock-taken G @a:a.c:1#0x11\n+1 w2 suspend sleep @a:a.c:2#0x21\n"
	                "+1 w2 lock-freed G\n",
	                "thread-lock-across-suspension G observed\n");
}

Test(thread_lock, two_places_are_two_findings)
{
	expect_findings("9 main lock-new G threading.Lock\n+1 main suspend sleep\n"
	                "+1 w1 lock-taken G @a:a.c:1\n+1 w1 suspend sleep @a:a.c:2\n"
	                "+1 w1 lock-freed G\n"
	                "+1 w2 lock-taken G @b:a.c:3\n+1 w2 suspend sleep @b:a.c:4\n"
	                "+1 w2 lock-freed G\n",
	                "thread-lock-across-suspension G observed\n"
	                "thread-lock-across-suspension G observed\n");
}

Test(thread_lock, one_freed_before_it_is_silent)
{
	expect_findings(
		"9 main lock-new G threading.Lock\n+1 main suspend sleep\n"
		"+1 w1 lock-taken G @a:a.c:1\n+1 w1 lock-freed G\n+1 w1 suspend sleep @a:a.c:2\n",
		"");
}

Test(long_step, a_step_over_the_limit_is_reported_and_a_long_wait_is_not)
{
	expect_findings("1ms w1 resume\n150ms w1 suspend sleep @crunch:a.c:2\n"
	                "900ms w1 resume\n901ms w1 suspend sleep @nap:a.c:3\n",
	                "long-step crunch observed\n");
}

Test(long_step, a_step_that_ends_with_the_task_counts)
{
	expect_findings("1ms w1 suspend sleep @crunch:a.c:2\n2ms w1 resume\n150ms w1 task-end\n",
	                "long-step crunch observed\n");
}

Test(never_suspends, awaits_are_counted_and_those_that_never_suspend_are_told)
{
	const struct report *report;
	char *passes = trace_repeat("+1 w1 await passed @fetch:a.c:7\n", 120);
	char *trace = trace_format("10 w1 await suspended @other:a.c:8\n%s", passes);
	struct analysis *analysis = expect_analysis(trace, &report);

	cr_assert_eq(report->await_count, 2);
	cr_expect_eq(report->awaits[0].passed, 120);
	cr_expect_eq(report->awaits[0].suspended, 0);
	cr_expect_eq(report->awaits[1].suspended, 1);
	cr_assert_eq(report->finding_count, 1);
	cr_expect_str_eq(report->findings[0].rule, "never-suspends");
	analysis_free(analysis);
	free(trace);
	free(passes);
}

Test(findings, the_same_field_of_many_objects_is_one_finding)
{
	const struct report *report;
	const char *trace =
		"10 main name 0x100 location Pool.size\n+0 main name 0x200 location Pool.size\n"
		"+1 w1 read 0x100 @get:a.c:1\n+1 w1 read 0x200 @get:a.c:1\n"
		"+1 w1 suspend sleep @get:a.c:2\n"
		"+1 w2 write 0x100 @set:a.c:9\n+1 w2 write 0x200 @set:a.c:9\n+1 w2 suspend sleep\n"
		"+1 w1 write 0x100 @get:a.c:3\n+1 w1 write 0x200 @get:a.c:3\n";
	struct analysis *analysis = expect_analysis(trace, &report);

	cr_assert_eq(report->finding_count, 1);
	cr_expect_eq(report->findings[0].count, 2);
	cr_expect_eq(report->findings[0].objects, 2);
	cr_expect_str_eq(report->findings[0].object, "Pool.size");
	analysis_free(analysis);
}

Test(findings, what_happened_comes_before_what_might)
{
	expect_findings(
		"10 w1 read a @x:a.c:1\n+1 w1 read b @x:a.c:2\n+1 w1 suspend sleep @x:a.c:3\n"
		"+1 w2 write b @y:a.c:9\n+1 w2 suspend sleep\n"
		"+1 w1 write a @x:a.c:4\n+1 w1 write b @x:a.c:5\n+1 w1 suspend sleep\n"
		"+1 w2 write a @y:a.c:8\n",
		"lost-update b observed\nlost-update a possible\n");
}

Test(analysis, an_unknown_analyzer_is_refused_and_a_known_one_runs_alone)
{
	struct analysis *analysis;
	struct analysis_options options = {.only = "nonsense"};

	cr_expect_eq(analysis_new(&options, &analysis), -ENOENT);
	cr_expect_null(analysis);
	options.only = "deadlock,lost-update";
	cr_expect_eq(analysis_new(&options, &analysis), 0);
	analysis_free(analysis);
}
