// SPDX-License-Identifier: BSD-2-Clause
/*
 * inspection_graph_test.c - who waits for whom, written down as a few rows.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "dump/inspection_graph.h"

#define WAITS(task_id, kind, object_id)                                                            \
	{                                                                                          \
		.record = {                                                                        \
			.id = task_id,                                                             \
			.state = AW_STATE_SUSPENDED,                                               \
			.await = AW_AWAIT_##kind,                                                  \
			.object = object_id                                                        \
		}                                                                                  \
	}
#define HELD(lock_id, task_id)                                                                     \
	{                                                                                          \
		.record = {.id = lock_id, .holder = task_id }                                      \
	}
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define LINK(in, tasks_, locks_)                                                                   \
	struct inspection in = {.tasks = tasks_,                                                   \
	                        .task_count = COUNT(tasks_),                                       \
	                        .locks = locks_,                                                   \
	                        .lock_count = COUNT(locks_)};                                      \
	cr_assert_eq(inspection_link(&in), 0)

static void cycles_free(struct inspection *in)
{
	for (size_t i = 0; i < in->cycle_count; i++)
		free(in->cycles[i].members);
	free(in->cycles);
}

Test(inspection_graph, two_tasks_that_hold_what_the_other_wants_are_a_deadlock)
{
	struct inspect_task tasks[] = {WAITS(1, LOCK, 11), WAITS(2, LOCK, 10)};
	struct inspect_lock locks[] = {HELD(10, 1), HELD(11, 2)};

	LINK(in, tasks, locks);
	cr_assert_eq(in.cycle_count, 1);
	cr_assert_eq(in.cycles[0].count, 2);
	cr_assert(tasks[0].in_cycle && tasks[1].in_cycle);
	cr_assert_eq(tasks[0].waits, 1);
	cr_assert_eq(tasks[0].lock, 1);
	cr_assert_eq(locks[0].holder, 0);
	cycles_free(&in);
}

Test(inspection_graph, a_wait_with_a_deadline_is_no_deadlock)
{
	struct inspect_task tasks[] = {WAITS(1, LOCK, 11), WAITS(2, LOCK, 10)};
	struct inspect_lock locks[] = {HELD(10, 1), HELD(11, 2)};

	tasks[0].record.deadline = 1;
	LINK(in, tasks, locks);
	cr_assert_eq(in.cycle_count, 0);
	cr_assert_eq(tasks[0].waits, 1, "it is still told whom it waits for");
}

Test(inspection_graph, a_chain_is_no_deadlock)
{
	struct inspect_task tasks[] = {WAITS(1, TASK, 2), WAITS(2, LOCK, 10), WAITS(3, SLEEP, 0)};
	struct inspect_lock locks[] = {HELD(10, 3)};

	LINK(in, tasks, locks);
	cr_assert_eq(in.cycle_count, 0);
	cr_assert_eq(tasks[0].waits, 1);
	cr_assert_eq(tasks[1].waits, 2);
	cr_assert_eq(tasks[2].waits, -1);
}

Test(inspection_graph, a_circle_over_a_task_and_a_lock_is_found_and_its_tail_is_not_in_it)
{
	struct inspect_task tasks[] = {WAITS(5, TASK, 1), WAITS(1, TASK, 2), WAITS(2, LOCK, 10)};
	struct inspect_lock locks[] = {HELD(10, 1)};

	LINK(in, tasks, locks);
	cr_assert_eq(in.cycle_count, 1);
	cr_assert_eq(in.cycles[0].count, 2);
	cr_assert_not(tasks[0].in_cycle);
	cycles_free(&in);
}

Test(inspection_graph, a_task_that_waits_for_a_lock_it_holds_is_a_deadlock_of_one)
{
	struct inspect_task tasks[] = {WAITS(1, LOCK, 10)};
	struct inspect_lock locks[] = {HELD(10, 1)};

	LINK(in, tasks, locks);
	cr_assert_eq(in.cycle_count, 1);
	cr_assert_eq(in.cycles[0].count, 1);
	cycles_free(&in);
}

Test(inspection_graph, two_deadlocks_are_two)
{
	struct inspect_task tasks[] = {WAITS(1, TASK, 2), WAITS(2, TASK, 1), WAITS(3, TASK, 4),
	                               WAITS(4, TASK, 3)};
	struct inspect_lock locks[] = {HELD(10, 1)};

	LINK(in, tasks, locks);
	cr_assert_eq(in.cycle_count, 2);
	cycles_free(&in);
}

Test(inspection_graph, a_running_task_waits_for_nobody)
{
	struct inspect_task tasks[] = {WAITS(1, LOCK, 10)};
	struct inspect_lock locks[] = {HELD(10, 1)};

	tasks[0].record.state = AW_STATE_RUNNING;
	LINK(in, tasks, locks);
	cr_assert_eq(tasks[0].waits, -1);
	cr_assert_eq(in.cycle_count, 0);
}

Test(inspection_graph, an_id_nobody_has_leads_nowhere)
{
	struct inspect_task tasks[] = {WAITS(1, LOCK, 99), WAITS(2, TASK, 98)};
	struct inspect_lock locks[] = {HELD(10, 77)};

	LINK(in, tasks, locks);
	cr_assert_eq(tasks[0].lock, -1);
	cr_assert_eq(tasks[1].waits, -1);
	cr_assert_eq(locks[0].holder, -1);
}

Test(inspection_graph, a_lock_that_is_free_or_has_more_holders_is_no_part_of_a_deadlock)
{
	struct inspect_task tasks[] = {WAITS(1, LOCK, 11), WAITS(2, LOCK, 10)};
	struct inspect_lock locks[] = {HELD(10, 1), HELD(11, 2)};

	locks[0].held = INSPECT_FREE; /* on its way to task 2 */
	{
		LINK(in, tasks, locks);
		cr_assert_eq(in.cycle_count, 0);
		cr_assert_eq(tasks[1].waits, -1);
	}
	locks[0].held = INSPECT_HELD;
	locks[0].shared = true; /* a semaphore: another task may release it */
	{
		LINK(in, tasks, locks);
		cr_assert_eq(in.cycle_count, 0);
	}
	locks[0].shared = false;
	locks[0].holders = 2;
	{
		LINK(in, tasks, locks);
		cr_assert_eq(in.cycle_count, 0);
	}
}
