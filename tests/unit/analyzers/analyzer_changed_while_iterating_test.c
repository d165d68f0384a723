/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * analyzer_changed_while_iterating_test.c - golden cases of changed-while-iterating, each with
 * repaired twins.
 */
#include "expect.h"

Test(changed_while_iterating, an_entry_added_in_the_gap_is_reported)
{
	expect_findings("10 w1 read members 8 @send:a.py:1\n"
	                "+1 w1 suspend sleep @send:a.py:2\n"
	                "+1 w2 write members 8 @join:a.py:9\n"
	                "+1 w2 suspend sleep @join:a.py:10\n"
	                "+1 w1 read members 0 use iterate @send:a.py:1\n",
	                "changed-while-iterating members observed\n");
}

Test(changed_while_iterating, a_change_that_could_have_come_in_the_gap_is_possible)
{
	expect_findings("10 w2 write members 8 @join:a.py:9\n"
	                "+1 w2 suspend sleep @join:a.py:10\n"
	                "+1 w1 read members 8 @send:a.py:1\n"
	                "+1 w1 suspend sleep @send:a.py:2\n"
	                "+1 w1 read members 0 use iterate @send:a.py:1\n",
	                "changed-while-iterating members possible\n");
}

Test(changed_while_iterating, a_change_that_comes_before_in_any_order_is_silent)
{
	expect_findings("10 w2 write members 8 @join:a.py:9\n"
	                "+1 w2 task-new w1 @join:a.py:10\n"
	                "+1 w2 suspend sleep @join:a.py:11\n"
	                "+1 w1 read members 8 @send:a.py:1\n"
	                "+1 w1 suspend sleep @send:a.py:2\n"
	                "+1 w1 read members 0 use iterate @send:a.py:1\n",
	                "");
}

Test(changed_while_iterating, what_the_loop_itself_changes_is_silent)
{
	expect_findings("10 w1 read members 8 @send:a.py:1\n"
	                "+1 w1 write members 8 @send:a.py:2\n"
	                "+1 w1 suspend sleep @send:a.py:3\n"
	                "+1 w1 read members 0 use iterate @send:a.py:1\n",
	                "");
}

Test(changed_while_iterating, a_lock_that_both_hold_is_silent)
{
	expect_findings("10 w1 lock-taken L @send:a.py:1\n"
	                "+1 w1 read members 8 @send:a.py:2\n"
	                "+1 w1 suspend sleep @send:a.py:3\n"
	                "+1 w1 read members 0 use iterate @send:a.py:2\n"
	                "+1 w1 lock-freed L @send:a.py:4\n"
	                "+1 w1 suspend sleep @send:a.py:5\n"
	                "+1 w2 lock-taken L @join:a.py:8\n"
	                "+1 w2 write members 8 @join:a.py:9\n"
	                "+1 w2 lock-freed L @join:a.py:10\n",
	                "");
}

Test(changed_while_iterating, it_is_no_use_of_an_old_value)
{
	expect_findings("10 w1 read members 8 @send:a.py:1\n"
	                "+1 w1 suspend sleep @send:a.py:2\n"
	                "+1 w2 write members 8 @join:a.py:9\n"
	                "+1 w2 suspend sleep @join:a.py:10\n"
	                "+1 w1 read members 0 use @send:a.py:1\n",
	                "stale-use members observed\n");
}
