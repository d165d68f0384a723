/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * analyzer_deadlock_test.c - golden cases of deadlock, self-deadlock, lock-order
 * and lock-never-released, each with silent twins.
 */
#include "expect.h"

#define WAITS(task, lock)                                                                          \
	"+1 " task " lock-wait " lock " @w:d.c:5\n+0 " task " suspend " lock " lock @w:d.c:5\n"
#define TAKES(task, lock) "+1 " task " lock-taken " lock " @t:d.c:4\n"
#define FREES(task, lock) "+1 " task " lock-freed " lock " @f:d.c:6\n"
#define SLEEPS(task)      "+1 " task " suspend sleep @s:d.c:7\n"
#define LOCKS             "10 main lock-new A @m:d.c:1\n+0 main lock-new B @m:d.c:2\n" SLEEPS("main")

Test(deadlock, two_tasks_that_wait_for_each_other_are_reported)
{
	expect_findings(LOCKS TAKES("w1", "A") SLEEPS("w1") TAKES("w2", "B") WAITS("w2", "A")
	                        WAITS("w1", "B"),
	                "deadlock A observed\nlock-order A possible\n");
}

Test(deadlock, a_wait_with_a_deadline_is_none)
{
	expect_findings(
		LOCKS TAKES("w1", "A") SLEEPS("w1") TAKES("w2", "B") TAKES("w2", "C") WAITS(
			"w2", "A") "+1 w1 lock-wait B deadline\n+0 w1 suspend B lock deadline\n",
		"");
}

Test(deadlock, one_that_another_task_dissolves_by_releasing_is_withdrawn)
{
	expect_findings(LOCKS TAKES("w1", "A") SLEEPS("w1") TAKES("w2", "B") WAITS("w2", "A")
	                        WAITS("w1", "B") FREES("w3", "A") SLEEPS("w3") TAKES("w2", "A"),
	                "lock-order A possible\n");
}

Test(deadlock, one_that_a_cancel_breaks_after_it_hung_was_one)
{
	expect_findings(LOCKS TAKES("w1", "A") SLEEPS("w1") TAKES("w2", "B") WAITS("w2", "A")
	                        WAITS("w1", "B") "+500000000 w2 lock-giveup A\n" FREES(
					"w2", "B") "+1 w2 task-end\n" TAKES("w1", "B"),
	                "deadlock A observed\nlock-order A possible\n");
}

/* The cancel was under way already: `call_soon(task.cancel)`, a timer, a supervisor. */
Test(deadlock, one_that_a_cancel_breaks_soon_had_a_way_out)
{
	expect_findings(LOCKS TAKES("w1", "A") SLEEPS("w1") TAKES("w2", "B") WAITS("w2", "A")
	                        WAITS("w1", "B") "+499000000 w2 lock-giveup A\n" FREES(
					"w2", "B") "+1 w2 task-end\n" TAKES("w1", "B"),
	                "lock-order A possible\n");
}

Test(deadlock, a_task_that_awaits_one_that_wants_its_lock_is_reported)
{
	expect_findings(
		"10 main lock-new A @m:d.c:1\n" TAKES(
			"main",
			"A") "+1 main task-new w1\n+1 main suspend w1 task @m:d.c:9\n" WAITS("w1",
	                                                                                     "A"),
		"deadlock A observed\n");
}

Test(deadlock, a_semaphore_counts_only_when_every_permit_is_held_by_a_blocked_task)
{
	const char *sem =
		"10 main lock-new S Semaphore permits=2\n+0 main lock-new A\n" SLEEPS("main");
	char *blocked = trace_format(
		"%s" TAKES("w1", "S") SLEEPS("w1") TAKES("w2", "S") SLEEPS("w2")
			TAKES("w3", "A") "+1 w3 lock-wait S\n+0 w3 suspend S semaphore\n" WAITS(
				"w1", "A") "%s",
		sem, WAITS("w2", "A"));
	char *free_one = trace_format(
		"%s" TAKES("w1", "S") SLEEPS("w1") TAKES("w2", "S") SLEEPS("w2")
			TAKES("w3", "A") "+1 w3 lock-wait S\n+0 w3 suspend S semaphore\n" WAITS(
				"w1", "A"),
		sem);

	expect_findings(blocked, "deadlock S observed\n");
	expect_findings(free_one, "");
	free(blocked);
	free(free_one);
}

Test(self_deadlock, waiting_for_a_lock_one_holds_is_reported)
{
	expect_findings(LOCKS TAKES("w1", "A") WAITS("w1", "A"), "self-deadlock A observed\n");
}

Test(self_deadlock, with_a_deadline_it_ends_by_itself)
{
	expect_findings(
		LOCKS TAKES("w1",
	                    "A") "+1 w1 lock-wait A deadline\n+0 w1 suspend A lock deadline\n",
		"");
}

#define NESTED(task, outer, inner)                                                                 \
	TAKES(task, outer)                                                                         \
	SLEEPS(task) TAKES(task, inner) FREES(task, inner) FREES(task, outer) SLEEPS(task)

Test(lock_order, opposite_orders_are_reported)
{
	expect_findings(LOCKS NESTED("w1", "A", "B") NESTED("w2", "B", "A"),
	                "lock-order A possible\n");
}

Test(lock_order, the_same_order_is_silent)
{
	expect_findings(LOCKS NESTED("w1", "A", "B") NESTED("w2", "A", "B"), "");
}

Test(lock_order, opposite_orders_of_one_task_are_silent)
{
	expect_findings(LOCKS NESTED("w1", "A", "B") NESTED("w1", "B", "A"), "");
}

Test(lock_order, opposite_orders_under_a_common_outer_lock_are_silent)
{
	expect_findings(LOCKS TAKES("w1", "G") NESTED("w1", "A", "B") FREES("w1", "G") SLEEPS("w1")
	                        TAKES("w2", "G") NESTED("w2", "B", "A") FREES("w2", "G"),
	                "");
}

Test(lock_order, opposite_orders_that_a_join_keeps_apart_are_silent)
{
	expect_findings(
		LOCKS NESTED("w1", "A",
	                     "B") "+1 w1 task-end\n+1 w2 observe w1 task\n" NESTED("w2", "B", "A"),
		"");
}

Test(lock_order, without_a_gap_between_the_two_a_task_cannot_be_caught)
{
	expect_findings(LOCKS TAKES("w1", "A") TAKES("w1", "B") FREES("w1", "B") FREES("w1", "A")
	                        SLEEPS("w1") TAKES("w2", "B") TAKES("w2", "A") FREES("w2", "A")
	                                FREES("w2", "B"),
	                "");
}

Test(lock_order, a_circle_of_three_is_reported)
{
	expect_findings(LOCKS "+1 main lock-new C\n" SLEEPS("main") NESTED("w1", "A", "B")
	                        NESTED("w2", "B", "C") NESTED("w3", "C", "A"),
	                "lock-order A possible\n");
}

Test(lock_never_released, a_holder_that_ended_is_reported)
{
	expect_findings(LOCKS TAKES("w1", "A") SLEEPS("w1") "+1 w1 task-end\n",
	                "lock-never-released A observed\n");
}

#define ELSEWHERE(text) "thread 2\n" text "thread 1\n"

Test(lock_never_released, a_loss_of_a_thread_that_uses_the_lock_may_hide_the_release)
{
	static const char used[] = ELSEWHERE(TAKES("w8", "A") FREES("w8", "A") SLEEPS("w8"));

	char *lost = trace_format("%s%s%s", LOCKS, used,
	                          TAKES("w1", "A") SLEEPS("w1") "+1 w1 task-end\n" ELSEWHERE(
					  "+1 - lost 1 until=+0\n"));
	char *seen = trace_format("%s%s%s", LOCKS, used,
	                          TAKES("w1", "A") SLEEPS("w1") "+1 w1 task-end\n");

	expect_findings(lost, "");
	expect_findings(seen, "lock-never-released A observed\n");
	free(lost);
	free(seen);
}

Test(deadlock, a_loss_of_a_thread_that_uses_a_lock_of_it_may_hide_the_way_out)
{
	static const char used[] = ELSEWHERE(TAKES("w8", "A") FREES("w8", "A") SLEEPS("w8"));

	char *lost = trace_format("%s%s%s%s%s", LOCKS, used,
	                          TAKES("w1", "A") SLEEPS("w1") TAKES("w2", "B") WAITS("w2", "A"),
	                          ELSEWHERE("+1 - lost 1 until=+0\n"), WAITS("w1", "B"));

	expect_findings(lost, "lock-order A possible\n");
	free(lost);
}

Test(lock_never_released, a_lock_still_held_by_a_live_task_is_silent)
{
	expect_findings(LOCKS TAKES("w1", "A") SLEEPS("w1"), "");
}

Test(lock_never_released, a_holder_whose_awaiter_took_it_over_is_silent)
{
	expect_findings(LOCKS TAKES("w1", "A") "+1 w1 task-end\n+1 w2 observe w1 task\n", "");
}

Test(lock_never_released, another_task_may_release_it)
{
	expect_findings(LOCKS TAKES("w1", "A") SLEEPS("w1") "+1 w1 task-end\n" FREES("w2", "A"),
	                "");
}

/* The holder cancels who waits for its lock, and awaits its end: that is no circle. */
Test(deadlock, a_waiter_that_was_cancelled_is_silent)
{
	expect_findings("10 w1 lock-taken L @a:a.c:1\n"
	                "+1 w1 suspend sleep @a:a.c:2\n"
	                "+1 w2 lock-wait L @b:b.c:1\n"
	                "+1 w2 suspend L lock @b:b.c:1\n"
	                "+1 w1 resume\n"
	                "+1 w1 cancel w2 @a:a.c:3\n"
	                "+1 w1 wake w2 cancel @a:a.c:3\n"
	                "+1 w1 suspend w2 task @a:a.c:4\n"
	                "+1 w2 resume\n"
	                "+1 w2 lock-giveup L @b:b.c:1\n"
	                "+1 w2 signal w2 task\n"
	                "+1 w2 wake w1 task\n"
	                "+1 w2 task-end cancelled\n"
	                "+1 w1 resume\n"
	                "+1 w1 lock-freed L @a:a.c:5\n"
	                "+1 w1 task-end\n",
	                "");
}
