/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * analyzer_line_test.c - golden cases of locks that tasks are in line for: who can hold one while
 * another waits, who had it first, which orders can catch somebody; each with its twin.
 */
#include "expect.h"

/* A gap that is all wait for a lock: whoever else runs in it runs while somebody holds that lock.
 */

#define TASKS                                                                                      \
	"9 - lock-new L @l:a.c:1\n+0 - lock-new M @m:a.c:2\n"                                      \
	"10 - task-new w1\n+0 - task-new w2\n+0 - task-new w3\n"
#define WAITING                                                                                    \
	"+1 w1 resume\n+1 w1 lock-taken M\n+1 w1 read x @a:a.c:3\n+1 w1 suspend sleep\n"           \
	"+1 w2 resume\n+1 w2 lock-taken L\n+1 w2 write x @b:a.c:9\n+1 w2 suspend sleep\n"
#define WAITED                                                                                     \
	"+1 w1 resume\n+1 w1 read x @c:a.c:4\n+1 w1 lock-wait L\n+1 w1 suspend L lock\n"           \
	"+1 w2 resume\n+1 w2 lock-freed L\n+1 w2 wake w1 lock\n+1 w2 task-end\n"                   \
	"+1 w1 resume\n+1 w1 lock-taken L\n+1 w1 read x @d:a.c:5\n+1 w1 lock-freed L\n"            \
	"+1 w1 lock-freed M\n"

Test(wait_for_a_lock, is_no_gap_for_its_only_other_user_before_it_has_taken_it)
{
	expect_findings(TASKS WAITING WAITED, "inconsistent-guard x observed\n");
}

#define THIRD(gap)                                                                                 \
	"+1 w3 resume\n+1 w3 lock-taken L\n" gap "+1 w3 lock-freed L\n+1 w3 suspend sleep\n"

Test(wait_for_a_lock, is_a_gap_when_a_third_can_hold_the_lock)
{
	expect_findings(TASKS THIRD("+1 w3 suspend sleep\n+1 w3 resume\n") WAITING WAITED,
	                "inconsistent-guard x observed\ninconsistent-guard x possible\n");
}

Test(wait_for_a_lock, is_no_gap_when_the_third_frees_it_in_the_step_that_takes_it)
{
	expect_findings(TASKS THIRD("") WAITING WAITED, "inconsistent-guard x observed\n");
}

/* w2 has a section over a gap, and then takes the lock anew to write; w1 waited for it in between.
 */
#define FIRST_SECTION "+1 w2 resume\n+1 w2 lock-taken L\n+1 w2 suspend sleep\n"
#define W1_WAITS                                                                                   \
	"+1 w1 resume\n+1 w1 lock-taken M\n+1 w1 read x @a:a.c:3\n+1 w1 lock-wait L\n"             \
	"+1 w1 suspend L lock\n+1 w2 resume\n+1 w2 lock-freed L\n+1 w2 wake w1 lock\n"             \
	"+1 w2 lock-wait L\n+1 w2 suspend L lock\n"                                                \
	"+1 w1 resume\n+1 w1 lock-taken L\n+1 w1 read x @d:a.c:5\n+1 w1 lock-freed L\n"            \
	"+1 w1 wake w2 lock\n+1 w1 lock-freed M\n+1 w1 suspend sleep\n"
#define W2_WRITES "+1 w2 resume\n+1 w2 lock-taken L\n+1 w2 write x @b:a.c:9\n+1 w2 lock-freed L\n"

Test(wait_for_a_lock, is_no_gap_for_who_takes_it_only_then)
{
	expect_findings(TASKS FIRST_SECTION W1_WAITS W2_WRITES, "");
}

Test(wait_for_a_lock, is_a_gap_for_who_was_in_line_behind_an_earlier_section_of_the_waiter)
{
	expect_findings(
		TASKS "+1 w1 resume\n+1 w1 lock-taken L\n+1 w1 suspend sleep\n+1 w1 resume\n"
		      "+1 w1 lock-freed L\n+1 w1 suspend sleep\n" FIRST_SECTION W1_WAITS W2_WRITES,
		"inconsistent-guard x possible\n");
}

Test(wait_for_a_lock, is_a_gap_for_who_writes_after_a_gap_of_its_section)
{
	expect_findings(TASKS FIRST_SECTION
	                "+1 w2 resume\n+1 w2 write x @b:a.c:9\n"
	                "+1 w2 lock-freed L\n+1 w2 suspend sleep\n" FIRST_SECTION W1_WAITS,
	                "inconsistent-guard x possible\n");
}

/* Who was in line for a lock before another one came to want it had it before. */

#define HAS_READ                                                                                   \
	"9 - lock-new L @l:a.c:1\n10 - task-new w1\n+1 w1 resume\n+1 w1 lock-taken L\n"            \
	"+1 w1 read x @a:a.c:1\n"
#define WRITES_LATER                                                                               \
	"+1 w1 suspend sleep @a:a.c:2\n+1 w1 resume\n+1 w1 write x @a:a.c:3\n"                     \
	"+1 w1 lock-freed L\n+1 w1 suspend sleep\n+1 w2 resume\n+1 w2 lock-taken L\n"              \
	"+1 w2 lock-freed L\n+1 w2 suspend sleep\n+1 w2 resume\n+1 w2 write x @b:a.c:9\n"

Test(lock_order_known, a_task_made_in_the_section_writes_behind_its_own_after_it)
{
	expect_findings(HAS_READ "+1 w1 task-new w2\n" WRITES_LATER, "");
}

Test(lock_order_known, not_of_a_task_that_could_have_been_first)
{
	expect_findings("8 - task-new w2\n" HAS_READ WRITES_LATER, "lost-update x possible\n");
}

/* w1 makes w2, which waits for the lock that w3 holds; then w1 wants it, too. */
#define HOLDER                                                                                     \
	"9 - lock-new L @l:a.c:1\n10 - task-new w3\n+1 w3 resume\n+1 w3 lock-taken L\n"            \
	"+1 w3 suspend sleep\n+1 - task-new w1\n"
#define IN_LINE(made)                                                                              \
	"+1 w1 resume\n" made "+1 w2 resume\n+1 w2 lock-wait L\n+1 w2 suspend L lock\n"
#define BEHIND "+1 w1 lock-wait L\n+1 w1 suspend L lock\n"
#define HANDED_OVER(reader)                                                                        \
	"+1 w3 resume\n+1 w3 lock-freed L\n+1 w3 wake w2 lock\n+1 w3 task-end\n"                   \
	"+1 w2 resume\n+1 w2 lock-taken L\n+1 w2 read x @a:a.c:1\n+1 w2 suspend sleep @a:a.c:2\n"  \
	"+1 w2 resume\n+1 w2 write x @a:a.c:3\n+1 w2 lock-freed L\n+1 w2 wake w1 lock\n"           \
	"+1 w2 task-end\n" reader "+1 w1 resume\n+1 w1 lock-taken L\n+1 w1 lock-freed L\n"         \
	"+1 w1 suspend sleep\n+1 w1 resume\n+1 w1 write x @b:a.c:9\n"

Test(lock_order_known, who_was_in_line_before_writes_before)
{
	expect_findings(HOLDER IN_LINE("+1 w1 task-new w2\n") BEHIND HANDED_OVER(""), "");
}

Test(lock_order_known, a_reader_between_changes_nothing)
{
	expect_findings(HOLDER IN_LINE("+1 w1 task-new w2\n")
	                        BEHIND HANDED_OVER("+1 w4 lock-taken L shared\n"
	                                           "+1 w4 lock-freed L shared\n"),
	                "");
}

Test(lock_order_known, a_third_that_had_it_between_changes_nothing)
{
	expect_findings(HOLDER IN_LINE("+1 w1 task-new w2\n")
	                        BEHIND HANDED_OVER("+1 w4 lock-taken L\n+1 w4 lock-freed L\n"),
	                "");
}

Test(lock_order_known, not_of_a_task_that_could_have_been_in_line_later)
{
	expect_findings("8 - task-new w2\n" HOLDER IN_LINE("+1 w1 suspend sleep\n")
	                        BEHIND HANDED_OVER(""),
	                "lost-update x possible\n");
}

/* What a step has held before another one was nested in it keeps what it does afterwards out, too.
 */

#define GUARDED_READS                                                                              \
	"9 - lock-new L @l:a.c:1\n10 - task-new w1\n+0 - task-new w3\n+1 w3 resume\n"              \
	"+1 w3 lock-taken L\n+1 w3 read x @a:a.c:1\n+1 w3 suspend sleep @a:a.c:2\n+1 w3 resume\n"  \
	"+1 w3 read x @a:a.c:3\n+1 w3 lock-freed L\n+1 w3 suspend sleep\n"
#define WRITES_AFTER(before)                                                                       \
	"+1 w1 resume\n" before "+1 w1 task-new w2\n+1 w2 resume\n+1 w2 task-end\n"                \
	"+1 w1 write x @b:a.c:9\n+1 w1 suspend sleep\n"

Test(nested_step, leaves_what_the_step_around_it_has_held)
{
	expect_findings(GUARDED_READS WRITES_AFTER("+1 w1 lock-taken L\n+1 w1 lock-freed L\n"), "");
}

Test(nested_step, leaves_no_lock_where_there_was_none)
{
	expect_findings(GUARDED_READS WRITES_AFTER(""), "inconsistent-guard x possible\n");
}

/* It covers no gap that the nested step makes. */
Test(nested_step, is_not_covered_by_what_was_freed_before_it)
{
	expect_findings("9 - lock-new L @l:a.c:1\n10 - task-new w1\n+1 w1 resume\n"
	                "+1 w1 lock-taken L\n+1 w1 read x @a:a.c:1\n+1 w1 lock-freed L\n"
	                "+1 w1 task-new w2\n+1 w2 resume\n+1 w2 lock-taken L\n"
	                "+1 w2 write x @b:a.c:9\n+1 w2 lock-freed L\n+1 w2 suspend sleep\n"
	                "+1 w1 write x @a:a.c:3\n+1 w1 suspend sleep\n",
	                "lost-update x observed\n");
}

/* A task that is started at once runs in the section around it. */

#define EAGER(before, after)                                                                       \
	"9 - lock-new L @l:a.c:1\n10 - task-new w1\n+0 - task-new w3\n+1 w1 resume\n" before       \
	"+1 w1 task-new w2\n+1 w2 resume\n+1 w2 write x @b:a.c:9\n+1 w2 suspend sleep\n" after     \
	"+1 w1 suspend sleep\n"
#define GUARDED_UPDATE                                                                             \
	"+1 w3 resume\n+1 w3 lock-taken L\n+1 w3 read x @a:a.c:1\n+1 w3 suspend sleep @a:a.c:2\n"  \
	"+1 w3 resume\n+1 w3 write x @a:a.c:3\n+1 w3 lock-freed L\n"

Test(eager_start, in_a_section_is_kept_out_of_other_sections)
{
	expect_findings(EAGER("+1 w1 lock-taken L\n", "+1 w1 lock-freed L\n") GUARDED_UPDATE, "");
}

Test(eager_start, in_no_section_is_not)
{
	expect_findings(EAGER("", "") GUARDED_UPDATE, "lost-update x possible\n");
}

Test(eager_start, is_not_kept_out_of_the_section_around_it)
{
	expect_findings(EAGER("+1 w1 lock-taken L\n+1 w1 read x @c:a.c:5\n",
	                      "+1 w1 write x @c:a.c:6\n+1 w1 lock-freed L\n"),
	                "lost-update x observed\n");
}

/* Orders of locks. */

#define READERS(task, outer, inner)                                                                \
	"+1 " task " lock-taken " outer " shared @t:d.c:1\n+1 " task " suspend sleep\n+1 " task    \
	" lock-taken " inner " shared @t:d.c:2\n+1 " task " lock-freed " inner " shared\n+1 " task \
	" lock-freed " outer " shared\n+1 " task " suspend sleep\n"

Test(lock_order, two_readers_never_catch_each_other)
{
	expect_findings(READERS("w1", "A", "B") READERS("w2", "B", "A"), "");
}

#define B_THEN_A                                                                                   \
	"+1 w1 lock-taken B @t:d.c:1\n+1 w1 suspend sleep\n+1 w1 lock-taken A @t:d.c:2\n"          \
	"+1 w1 lock-freed A\n+1 w1 lock-freed B\n+1 w1 suspend sleep\n"
#define B_AND_A_THEN_B(gap)                                                                        \
	"+1 w2 lock-taken B @t:d.c:5\n+1 w2 lock-freed B\n" gap "+1 w2 lock-taken A @t:d.c:6\n"    \
	"+1 w2 lock-taken B @t:d.c:7\n+1 w2 lock-freed B\n+1 w2 lock-freed A\n"

Test(lock_order, what_was_free_in_this_very_step_catches_nobody)
{
	expect_findings(B_THEN_A B_AND_A_THEN_B(""), "");
}

Test(lock_order, what_was_free_before_a_gap_may)
{
	expect_findings(B_THEN_A B_AND_A_THEN_B("+1 w2 suspend sleep\n"),
	                "lock-order B possible\n");
}

Test(lock_order, what_was_held_over_a_gap_may)
{
	expect_findings(B_THEN_A "+1 w2 lock-taken B @t:d.c:5\n+1 w2 suspend sleep\n"
	                         "+1 w2 lock-freed B\n+1 w2 lock-taken A @t:d.c:6\n"
	                         "+1 w2 lock-taken B @t:d.c:7\n",
	                "lock-order B possible\n");
}

Test(lock_order, what_was_waited_for_in_this_very_step_may)
{
	expect_findings(B_THEN_A "+1 w2 lock-wait B\n+1 w2 suspend B lock\n" B_AND_A_THEN_B(""),
	                "lock-order B possible\n");
}
