/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * analyzer_lost_update_test.c - golden cases of lost-update, each with repaired twins.
 */
#include "expect.h"

Test(lost_update, a_write_in_the_gap_is_reported)
{
	expect_findings("10 w1 read counter @add:a.c:1\n"
	                "+1 w1 suspend sleep @add:a.c:2\n"
	                "+1 w2 read counter @add:a.c:1\n"
	                "+1 w2 write counter @add:a.c:3\n"
	                "+1 w2 suspend sleep @add:a.c:4\n"
	                "+1 w1 write counter @add:a.c:3\n",
	                "lost-update counter observed\n");
}

/* Two locations in turn; the second writer writes what stands there already. */
Test(lost_update, a_write_of_the_same_between_two_updates_makes_none_of_them_blind)
{
	expect_findings("10 w1 read a 8 @add:a.c:1\n+1 w1 suspend sleep @add:a.c:2\n"
	                "+1 w2 read a 8 @add:a.c:1\n+1 w2 suspend sleep @add:a.c:2\n"
	                "+1 w1 write a 8 @add:a.c:3\n+1 w1 suspend sleep @add:a.c:4\n"
	                "+1 w2 write a 8 same @add:a.c:3\n+1 w2 suspend sleep @add:a.c:4\n"
	                "+1 w1 read a 8 @add:a.c:1\n+1 w1 suspend sleep @add:a.c:2\n"
	                "+1 w2 read a 8 @add:a.c:1\n+1 w2 suspend sleep @add:a.c:2\n"
	                "+1 w1 write a 8 @add:a.c:3\n+1 w1 suspend sleep @add:a.c:4\n"
	                "+1 w2 write a 8 same @add:a.c:3\n",
	                "lost-update a observed\n");
}

Test(lost_update, a_write_in_the_gap_that_was_also_made_before_it_is_reported)
{
	expect_findings("9 w2 write counter @set:a.c:9\n"
	                "+1 w2 suspend sleep @set:a.c:10\n"
	                "+1 w1 read counter @add:a.c:1\n"
	                "+1 w1 suspend sleep @add:a.c:2\n"
	                "+1 w2 write counter @set:a.c:9\n"
	                "+1 w2 suspend sleep @set:a.c:10\n"
	                "+1 w1 write counter @add:a.c:3\n",
	                "lost-update counter observed\n");
}

Test(lost_update, a_fresh_read_after_the_gap_is_silent)
{
	expect_findings("10 w1 read counter @add:a.c:1\n"
	                "+1 w1 suspend sleep @add:a.c:2\n"
	                "+1 w2 read counter @add:a.c:1\n"
	                "+1 w2 write counter @add:a.c:3\n"
	                "+1 w2 suspend sleep @add:a.c:4\n"
	                "+1 w1 read counter @add:a.c:5\n"
	                "+1 w1 write counter @add:a.c:3\n",
	                "");
}

Test(lost_update, a_read_and_write_in_one_step_are_silent)
{
	expect_findings("10 w1 read counter @add:a.c:1\n"
	                "+1 w1 write counter @add:a.c:2\n"
	                "+1 w1 suspend sleep @add:a.c:3\n"
	                "+1 w2 read counter @add:a.c:1\n"
	                "+1 w2 write counter @add:a.c:2\n"
	                "+1 w2 suspend sleep @add:a.c:3\n"
	                "+1 w1 read counter @add:a.c:1\n"
	                "+1 w1 write counter @add:a.c:2\n",
	                "");
}

Test(lost_update, different_objects_are_silent)
{
	expect_findings("10 w1 read a @add:a.c:1\n"
	                "+1 w1 suspend sleep @add:a.c:2\n"
	                "+1 w2 read b @add:a.c:1\n"
	                "+1 w2 write b @add:a.c:3\n"
	                "+1 w2 suspend sleep @add:a.c:4\n"
	                "+1 w1 write a @add:a.c:3\n",
	                "");
}

Test(lost_update, one_lock_from_the_read_to_the_write_is_silent)
{
	expect_findings("10 w1 lock-taken L @add:a.c:1\n"
	                "+1 w1 read counter @add:a.c:2\n"
	                "+1 w1 suspend sleep @add:a.c:3\n"
	                "+1 w1 write counter @add:a.c:4\n"
	                "+1 w1 lock-freed L @add:a.c:5\n"
	                "+1 w1 suspend sleep @add:a.c:6\n"
	                "+1 w2 lock-taken L @add:a.c:1\n"
	                "+1 w2 read counter @add:a.c:2\n"
	                "+1 w2 suspend sleep @add:a.c:3\n"
	                "+1 w2 write counter @add:a.c:4\n"
	                "+1 w2 lock-freed L @add:a.c:5\n",
	                "");
}

Test(lost_update, the_same_without_the_lock_is_possible_though_it_did_not_happen)
{
	expect_findings("10 w1 read counter @add:a.c:2\n"
	                "+1 w1 suspend sleep @add:a.c:3\n"
	                "+1 w1 write counter @add:a.c:4\n"
	                "+1 w1 suspend sleep @add:a.c:6\n"
	                "+1 w2 write counter @set:a.c:4\n",
	                "lost-update counter possible\n");
}

Test(lost_update, a_write_before_the_pair_is_possible_in_it)
{
	expect_findings("10 w2 write counter @set:a.c:4\n"
	                "+1 w2 suspend sleep @add:a.c:6\n"
	                "+1 w1 read counter @add:a.c:2\n"
	                "+1 w1 suspend sleep @add:a.c:3\n"
	                "+1 w1 write counter @add:a.c:4\n",
	                "lost-update counter possible\n");
}

Test(lost_update, a_lock_for_the_read_and_again_for_the_write_does_not_help)
{
	expect_findings("10 w1 lock-taken L @add:a.c:1\n"
	                "+1 w1 read counter @add:a.c:2\n"
	                "+1 w1 lock-freed L @add:a.c:3\n"
	                "+1 w1 suspend sleep @add:a.c:4\n"
	                "+1 w2 lock-taken L @add:a.c:1\n"
	                "+1 w2 write counter @add:a.c:6\n"
	                "+1 w2 lock-freed L @add:a.c:3\n"
	                "+1 w2 suspend sleep @add:a.c:4\n"
	                "+1 w1 lock-taken L @add:a.c:5\n"
	                "+1 w1 write counter @add:a.c:6\n"
	                "+1 w1 lock-freed L @add:a.c:7\n",
	                "lost-update counter observed\n");
}

Test(lost_update, a_write_ordered_before_by_a_join_is_silent)
{
	expect_findings("10 main task-new w2 @main:a.c:1\n"
	                "+1 main suspend w2 task @main:a.c:2\n"
	                "+1 w2 write counter @set:a.c:4\n"
	                "+1 w2 wake main task\n"
	                "+1 w2 task-end\n"
	                "+1 main observe w2 task\n"
	                "+1 main read counter @add:a.c:2\n"
	                "+1 main suspend sleep @add:a.c:3\n"
	                "+1 main write counter @add:a.c:4\n",
	                "");
}

Test(lost_update, a_write_ordered_after_by_an_event_is_silent)
{
	expect_findings("10 w2 suspend E event @set:a.c:1\n"
	                "+1 w1 read counter @add:a.c:2\n"
	                "+1 w1 suspend sleep @add:a.c:3\n"
	                "+1 w1 write counter @add:a.c:4\n"
	                "+1 w1 signal E event\n"
	                "+1 w1 wake w2 event\n"
	                "+1 w1 suspend sleep @add:a.c:5\n"
	                "+1 w2 observe E event\n"
	                "+1 w2 write counter @set:a.c:4\n",
	                "");
}

Test(lost_update, a_hand_over_of_a_lock_orders_nothing)
{
	expect_findings("10 w1 read counter @add:a.c:2\n"
	                "+1 w1 suspend sleep @add:a.c:3\n"
	                "+1 w1 write counter @add:a.c:4\n"
	                "+1 w1 lock-taken L @add:a.c:5\n"
	                "+1 w1 lock-freed L @add:a.c:6\n"
	                "+1 w1 suspend sleep @add:a.c:7\n"
	                "+1 w2 lock-taken L @set:a.c:1\n"
	                "+1 w2 lock-freed L @set:a.c:2\n"
	                "+1 w2 write counter @set:a.c:3\n",
	                "lost-update counter possible\n");
}

Test(lost_update, a_semaphore_that_starts_at_0_orders)
{
	expect_findings("9 w1 lock-new S Semaphore permits=0\n"
	                "10 w1 read counter @add:a.c:2\n"
	                "+1 w1 suspend sleep @add:a.c:3\n"
	                "+1 w1 write counter @add:a.c:4\n"
	                "+1 w1 lock-freed S @add:a.c:6\n"
	                "+1 w1 suspend sleep @add:a.c:7\n"
	                "+1 w2 lock-taken S @set:a.c:1\n"
	                "+1 w2 write counter @set:a.c:3\n",
	                "");
}

Test(lost_update, a_message_does_not_excuse_it)
{
	expect_findings("10 w1 read counter @add:a.c:2\n"
	                "+1 w1 suspend E event @add:a.c:3\n"
	                "+1 w2 write counter @set:a.c:4\n"
	                "+1 w2 signal E event\n"
	                "+1 w2 wake w1 event\n"
	                "+1 w2 suspend sleep @add:a.c:5\n"
	                "+1 w1 observe E event\n"
	                "+1 w1 write counter @set:a.c:4\n",
	                "lost-update counter observed\n");
}

Test(lost_update, a_step_nested_in_another_is_a_gap)
{
	expect_findings("10 w1 read counter @add:a.c:1\n"
	                "+1 w1 task-new w2 @add:a.c:2\n"
	                "+1 w2 resume\n"
	                "+1 w2 write counter @set:a.c:1\n"
	                "+1 w2 suspend sleep @set:a.c:2\n"
	                "+1 w1 write counter @add:a.c:3\n",
	                "lost-update counter observed\n");
}

Test(lost_update, a_callback_can_be_the_other)
{
	expect_findings("10 w1 read counter @add:a.c:1\n"
	                "+1 w1 suspend sleep @add:a.c:2\n"
	                "+1 - callback\n"
	                "+1 - write counter @set:a.c:1\n"
	                "+1 w1 write counter @add:a.c:3\n",
	                "lost-update counter observed\n");
}

Test(lost_update, memory_that_was_freed_in_between_is_another_object)
{
	expect_findings("10 w1 read counter @add:a.c:1\n"
	                "+1 w1 suspend sleep @add:a.c:2\n"
	                "+1 w2 write counter @set:a.c:1\n"
	                "+1 w2 forget counter 8\n"
	                "+1 w2 suspend sleep @set:a.c:2\n"
	                "+1 w1 write counter @add:a.c:3\n",
	                "");
}

Test(lost_update, memory_that_was_freed_and_used_anew_is_another_object)
{
	expect_findings("10 w1 read counter @add:a.c:1\n"
	                "+1 w1 suspend sleep @add:a.c:2\n"
	                "+1 w2 forget counter 8\n"
	                "+1 w2 write counter @set:a.c:1\n"
	                "+1 w2 suspend sleep @set:a.c:2\n"
	                "+1 w3 write counter @set:a.c:1\n"
	                "+1 w3 suspend sleep @set:a.c:2\n"
	                "+1 w1 write counter @add:a.c:3\n",
	                "");
}

Test(lost_update, a_pair_with_a_loss_between_is_silent)
{
	expect_findings("10 w1 read counter @add:a.c:1\n"
	                "+1 w1 suspend sleep @add:a.c:2\n"
	                "+1 w2 write counter @set:a.c:1\n"
	                "+1 w2 suspend sleep @set:a.c:2\n"
	                "+1 - lost 5 until=+0\n"
	                "+1 w1 write counter @add:a.c:3\n",
	                "");
}

Test(lost_update, is_counted_each_time_it_happens)
{
	const struct report *report;
	char *trace = trace_repeat("+1 w1 read counter @add:a.c:1\n"
	                           "+1 w1 suspend sleep @add:a.c:2\n"
	                           "+1 w2 write counter @set:a.c:1\n"
	                           "+1 w2 suspend sleep @set:a.c:2\n"
	                           "+1 w1 write counter @add:a.c:3\n"
	                           "+1 w1 suspend sleep @add:a.c:2\n",
	                           190);
	struct analysis *analysis = expect_analysis(trace, &report);

	cr_assert_eq(report->finding_count, 1);
	cr_assert_eq(report->findings[0].count, 190, "%lu", report->findings[0].count);
	cr_assert_str_eq(report->findings[0].task, "w1");
	cr_assert_str_eq(report->findings[0].other_task, "w2");
	cr_assert_eq(report->findings[0].read.line, 1);
	cr_assert_eq(report->findings[0].suspension.line, 2);
	cr_assert_eq(report->findings[0].write.line, 3);
	cr_assert(report->findings[0].pattern);
	analysis_free(analysis);
	free(trace);
}

/* GET k, a wait for the next request, SET k: the value comes from the request. */
Test(lost_update, a_site_that_also_writes_without_having_read_is_silent)
{
	expect_findings("10 w1 read slot @get:a.c:1\n"
	                "+1 w1 suspend io @serve:a.c:2\n"
	                "+1 w2 write slot @set:a.c:9\n"
	                "+1 w2 suspend io @serve:a.c:2\n"
	                "+1 w2 write slot @set:a.c:9\n"
	                "+1 w2 suspend io @serve:a.c:2\n"
	                "+1 w1 write slot @set:a.c:9\n",
	                "");
}
