/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * analyzer_order_test.c - golden cases of what orders accesses: data races of threads, nested
 * steps, wake-ups, cancels; each with its twin.
 */
#include "expect.h"

#define ONE "thread 1/1\n"
#define TWO "thread 1/2\n"
/* Both loops have begun, so that neither's start orders anything. */
#define LOOPS                                                                                      \
	ONE "10 - task-new w1\n+1 w1 resume\n+1 w1 suspend sleep\n" TWO                            \
	    "+1 - task-new w2\n+1 w2 resume\n" ONE "+1 w1 resume\n"

Test(data_race, two_threads_that_write_with_nothing_between_are_reported)
{
	expect_findings(LOOPS ONE "+1 w1 write hits @a:a.c:1\n" TWO "+1 w2 write hits @b:a.c:2\n",
	                "data-race hits possible\n");
}

Test(data_race, of_two_places_is_one_finding_whichever_came_first)
{
	expect_findings(LOOPS ONE "+1 w1 read hits @a:a.c:1\n+1 w1 write hits @b:a.c:2\n" TWO
	                          "+1 w2 read hits @a:a.c:1\n+1 w2 write hits @b:a.c:2\n",
	                "data-race hits possible\ndata-race hits possible\n");
}

Test(data_race, two_reads_are_silent)
{
	expect_findings(LOOPS ONE "+1 w1 read hits @a:a.c:1\n" TWO "+1 w2 read hits @b:a.c:2\n",
	                "");
}

Test(data_race, tasks_of_one_thread_are_silent)
{
	expect_findings(LOOPS TWO "+1 w2 write hits @b:a.c:2\n+1 w2 suspend sleep\n"
	                          "+1 w3 write hits @a:a.c:1\n+1 w3 suspend sleep\n",
	                "");
}

#define GUARDED(task, where)                                                                       \
	"+1 " task " lock-taken G\n+1 " task " write hits " where "\n+1 " task " lock-freed G\n"

Test(data_race, a_thread_lock_around_both_is_silent)
{
	expect_findings("9 main lock-new G threading.Lock\n" LOOPS ONE GUARDED("w1", "@a:a.c:1")
	                        TWO GUARDED("w2", "@b:a.c:2"),
	                "");
}

Test(data_race, a_thread_lock_around_one_is_not_enough)
{
	expect_findings("9 main lock-new G threading.Lock\n" LOOPS ONE GUARDED("w1", "@a:a.c:1") TWO
	                "+1 w2 write hits @b:a.c:2\n",
	                "data-race hits possible\n");
}

#define NEW_G "9 main lock-new G threading.Lock\n"
#define NEW_H "+0 main lock-new H threading.Lock\n"

Test(lock_of_threads, that_alone_keeps_two_threads_apart_is_needed)
{
	expect_locks(NEW_G LOOPS ONE GUARDED("w1", "@a:a.c:1") TWO GUARDED("w2", "@b:a.c:2"),
	             "G needed\n");
}

Test(lock_of_threads, around_what_is_ordered_is_not_called_needed)
{
	expect_locks(
		NEW_G LOOPS ONE GUARDED(
			"w1", "@a:a.c:1") "+1 w1 signal C threadsafe\n" TWO "+1 w2 suspend sleep\n"
					  "+1 - callback C\n+1 - observe C threadsafe\n" GUARDED(
						  "-", "@b:a.c:2"),
		"G unknown\n");
}

Test(lock_of_threads, around_two_reads_is_not_called_needed)
{
	expect_locks(NEW_G LOOPS ONE "+1 w1 lock-taken G\n+1 w1 read hits @a:a.c:1\n"
	                             "+1 w1 lock-freed G\n" TWO
	                             "+1 w2 lock-taken G\n+1 w2 read hits @b:a.c:2\n"
	                             "+1 w2 lock-freed G\n",
	             "G unknown\n");
}

Test(lock_of_threads, is_needed_with_another_that_is_always_held_too)
{
	expect_locks(NEW_G NEW_H LOOPS ONE "+1 w1 lock-taken H\n" GUARDED(
			     "w1", "@a:a.c:1") "+1 w1 lock-freed H\n" TWO
	                                       "+1 w2 lock-taken H\n" GUARDED(
						       "w2", "@b:a.c:2") "+1 w2 lock-freed H\n",
	             "G needed\nH needed\n");
}

Test(lock_of_threads, that_the_other_thread_does_not_take_is_bypassed)
{
	expect_locks(NEW_G LOOPS ONE GUARDED("w1", "@a:a.c:1") TWO "+1 w2 write hits @b:a.c:2\n",
	             "G bypassed\n");
	expect_locks(NEW_G LOOPS ONE "+1 w1 write hits @a:a.c:1\n" TWO GUARDED("w2", "@b:a.c:2"),
	             "G bypassed\n");
}

Test(lock_of_threads, is_wrong_where_the_other_thread_takes_another)
{
	expect_locks(NEW_G NEW_H LOOPS ONE GUARDED("w1", "@a:a.c:1") TWO
	             "+1 w2 lock-taken H\n+1 w2 write hits @b:a.c:2\n+1 w2 lock-freed H\n",
	             "G wrong-lock\nH wrong-lock\n");
}

Test(lock_of_threads, that_both_only_share_is_bypassed)
{
	expect_locks("9 main lock-new G THREAD_RWLOCK\n" LOOPS ONE
	             "+1 w1 lock-taken G shared\n+1 w1 write hits @a:a.c:1\n"
	             "+1 w1 lock-freed G shared\n" TWO
	             "+1 w2 lock-taken G shared\n+1 w2 read hits @b:a.c:2\n"
	             "+1 w2 lock-freed G shared\n",
	             "G bypassed\n");
}

/* A lock of tasks keeps no other thread out, so its sections say nothing about one. */
Test(lock_of_threads, a_lock_of_tasks_is_not_bypassed_by_another_thread)
{
	expect_locks("9 main lock-new G Lock\n" LOOPS ONE GUARDED("w1", "@a:a.c:1") TWO
	             "+1 w2 write hits @b:a.c:2\n",
	             "G unknown\n");
}

Test(data_race, a_thread_safe_call_orders_what_came_before_it)
{
	expect_findings(LOOPS ONE
	                "+1 w1 write hits @a:a.c:1\n+1 w1 signal C threadsafe\n" TWO
	                "+1 w2 suspend sleep\n+1 - callback C\n+1 - observe C threadsafe\n"
	                "+1 - write hits @b:a.c:2\n",
	                "");
}

Test(data_race, what_came_after_the_thread_safe_call_races_with_the_callback)
{
	expect_findings(LOOPS ONE
	                "+1 w1 signal C threadsafe\n+1 w1 suspend sleep\n+1 w1 resume\n"
	                "+1 w1 write hits @a:a.c:1\n" TWO
	                "+1 w2 suspend sleep\n+1 - callback C\n+1 - observe C threadsafe\n"
	                "+1 - write hits @b:a.c:2\n",
	                "data-race hits possible\n");
}

Test(data_race, what_was_written_before_the_thread_began_is_silent)
{
	expect_findings(ONE "10 - task-new w1\n+1 w1 resume\n+1 w1 write hits @a:a.c:1\n" TWO
	                    "+1 - task-new w2\n+1 w2 resume\n+1 w2 write hits @b:a.c:2\n",
	                "");
}

Test(data_race, what_a_thread_that_has_ended_wrote_is_silent)
{
	expect_findings(LOOPS TWO "+1 w2 write hits @b:a.c:2\n+1 w2 task-end\n+1 - thread-end\n" ONE
	                          "+1 w1 write hits @a:a.c:1\n",
	                "");
}

/* Only what is nested in a step runs in the gap that this makes. */

#define NESTS                                                                                      \
	"10 - task-new w1\n+0 - task-new w3\n+1 w1 resume\n+1 w1 read x @a:a.c:1\n"                \
	"+1 w1 task-new w2 @a:a.c:2\n+1 w2 resume\n"
#define NESTED_ENDS "+1 w2 suspend sleep @b:a.c:3\n+1 w1 write x @a:a.c:4\n+1 w1 suspend sleep\n"

Test(nested_step, lets_no_task_in_that_is_not_nested)
{
	expect_findings(NESTS NESTED_ENDS "+1 w3 resume\n+1 w3 write x @c:a.c:9\n", "");
}

Test(nested_step, lets_the_nested_one_in)
{
	expect_findings(NESTS "+1 w2 write x @b:a.c:2\n" NESTED_ENDS, "lost-update x observed\n");
}

Test(nested_step, ends_before_a_task_begins_that_was_made_in_the_step_around_it)
{
	expect_findings("10 - task-new w1\n+1 w1 resume\n+1 w1 task-new w3\n+1 w1 task-new w2\n"
	                "+1 w2 resume\n+1 w2 suspend sleep\n+1 w1 write x @a:a.c:4\n"
	                "+1 w1 suspend sleep\n+1 w3 resume\n+1 w3 read x @c:a.c:8\n"
	                "+1 w3 suspend sleep @c:a.c:9\n+1 w3 resume\n+1 w3 write x @c:a.c:10\n",
	                "");
}

Test(nested_step, knows_the_step_around_it)
{
	expect_findings("9 - task-new w2\n10 - task-new w1\n+1 w1 resume\n+1 w1 read x @a:a.c:1\n"
	                "+1 w1 suspend sleep @a:a.c:2\n+1 w1 resume\n+1 w1 write x @a:a.c:3\n"
	                "+1 w2 resume\n+1 w2 write x @b:a.c:9\n+1 w2 suspend sleep\n"
	                "+1 w1 suspend sleep\n",
	                "");
}

#define BEFORE_IT                                                                                  \
	"9 - task-new w2\n+0 - task-new w1\n10 w2 resume\n+1 w2 read x @a:a.c:1\n"                 \
	"+1 w2 suspend sleep @a:a.c:2\n"
#define WRITES_IN_IT "+1 w2 resume\n+1 w2 write x @a:a.c:3\n+1 w2 suspend sleep\n"

Test(nested_step, is_known_to_the_step_around_it)
{
	expect_findings(BEFORE_IT "+1 w1 resume\n" WRITES_IN_IT
	                          "+1 w1 write x @b:a.c:9\n+1 w1 suspend sleep\n",
	                "");
}

Test(nested_step, is_not_known_to_a_step_after_it)
{
	expect_findings(BEFORE_IT WRITES_IN_IT
	                "+1 w1 resume\n+1 w1 write x @b:a.c:9\n+1 w1 suspend sleep\n",
	                "lost-update x possible\n");
}

Test(nested_step, goes_on_when_all_of_the_step_around_it_is_over)
{
	expect_findings("9 - task-new w2\n10 - task-new w1\n+1 w1 resume\n+1 w2 resume\n"
	                "+1 w2 suspend sleep\n+1 w1 write x @a:a.c:1\n+1 w1 suspend sleep\n"
	                "+1 w2 resume\n+1 w2 read x @b:a.c:7\n+1 w2 suspend sleep @b:a.c:8\n"
	                "+1 w2 resume\n+1 w2 write x @b:a.c:9\n",
	                "");
}

/* A task is made in a step in which another one runs nested and writes. */

#define STEP_OF_W1 "9 - task-new w3\n10 - task-new w1\n+1 w1 resume\n"
#define W3_NESTED  "+1 w3 resume\n+1 w3 write x @c:a.c:1\n+1 w3 suspend sleep\n+1 w1 suspend sleep\n"
#define W2_LATER                                                                                   \
	"+1 w2 resume\n+1 w2 read x @b:a.c:7\n+1 w2 suspend sleep @b:a.c:8\n+1 w2 resume\n"        \
	"+1 w2 write x @b:a.c:9\n"

Test(nested_step, is_over_before_a_task_begins_that_was_made_before_it_in_the_step_around)
{
	expect_findings(STEP_OF_W1 "+1 w1 task-new w2\n" W3_NESTED W2_LATER, "");
}

Test(nested_step, may_be_of_any_time_where_the_task_was_made_elsewhere)
{
	expect_findings("8 - task-new w2\n" STEP_OF_W1 W3_NESTED W2_LATER,
	                "lost-update x possible\n");
}

/* A lock held over all of the gap covers it, also if it is freed before the second access. */

#define COVERED(free_first)                                                                        \
	"10 w1 lock-taken L\n+1 w1 read x @a:a.c:1\n+1 w1 suspend sleep @a:a.c:2\n" free_first     \
	"+1 w1 write x @a:a.c:4\n+1 w1 suspend sleep\n"
#define LOCKED_WRITE "+1 w2 lock-taken L\n+1 w2 write x @b:a.c:9\n+1 w2 lock-freed L\n"

Test(cover, a_lock_freed_in_the_step_of_the_second_access_has_covered_the_gap)
{
	expect_findings(COVERED("+1 w1 lock-freed L\n") LOCKED_WRITE, "");
}

Test(cover, a_lock_freed_before_the_gap_has_not)
{
	expect_findings("10 w1 lock-taken L\n+1 w1 read x @a:a.c:1\n+1 w1 lock-freed L\n"
	                "+1 w1 suspend sleep @a:a.c:2\n+1 w1 write x @a:a.c:4\n"
	                "+1 w1 suspend sleep\n" LOCKED_WRITE,
	                "lost-update x possible\n");
}

/* Wake-ups. */

#define PAIR                                                                                       \
	"10 - task-new w1\n+0 - task-new w2\n+1 w1 resume\n+1 w1 read x @a:a.c:1\n"                \
	"+1 w1 suspend sleep @a:a.c:2\n+1 w1 resume\n+1 w1 write x @a:a.c:3\n"
#define WRITES "+1 w1 suspend sleep\n+1 w2 resume\n+1 w2 write x @b:a.c:9\n"

Test(wake_up, of_a_future_orders)
{
	expect_findings("9 w2 suspend F future\n" PAIR "+1 w1 wake w2 future\n" WRITES, "");
}

Test(signal, what_is_observed_of_it_is_known)
{
	expect_findings(PAIR "+1 w1 signal F future\n+1 w1 suspend sleep\n+1 w2 resume\n"
	                     "+1 w2 observe F future\n+1 w2 write x @b:a.c:9\n",
	                "");
}

Test(signal, of_the_end_of_a_task_is_known_to_who_observes_it)
{
	expect_findings(PAIR "+1 w1 task-end\n+1 w2 resume\n+1 w2 observe w1 task\n"
	                     "+1 w2 write x @b:a.c:9\n",
	                "");
}

Test(signal, of_the_end_of_a_task_is_not_known_to_others)
{
	expect_findings(PAIR "+1 w1 task-end\n+1 w2 resume\n+1 w2 write x @b:a.c:9\n",
	                "lost-update x possible\n");
}

Test(wake_up, of_a_lock_orders_nothing)
{
	expect_findings("9 w2 suspend L lock\n" PAIR "+1 w1 wake w2 lock\n" WRITES,
	                "lost-update x possible\n");
}

Test(wake_up, of_a_semaphore_of_no_permits_orders)
{
	expect_findings("8 - lock-new S Semaphore permits=0\n9 - task-new w2\n+1 w2 suspend S "
	                "semaphore\n"
	                "10 - task-new w1\n+1 w1 resume\n+1 w1 read x @a:a.c:1\n"
	                "+1 w1 suspend sleep @a:a.c:2\n+1 w1 resume\n+1 w1 write x @a:a.c:3\n"
	                "+1 w1 wake w2 semaphore\n" WRITES,
	                "");
}

/* What comes with a cancel would have come with it earlier, too. */

Test(cancel, keeps_what_its_step_writes_out_of_the_gap_of_the_cancelled)
{
	expect_findings(PAIR "+1 w1 suspend sleep\n+1 w2 resume\n+1 w2 cancel w1\n"
	                     "+1 w2 write x @b:a.c:9\n+1 w2 suspend sleep\n",
	                "");
}

Test(cancel, keeps_what_its_step_wrote_before_out_too)
{
	expect_findings(PAIR "+1 w1 suspend sleep\n+1 w2 resume\n+1 w2 write x @b:a.c:9\n"
	                     "+1 w2 cancel w1\n+1 w2 suspend sleep\n",
	                "");
}

Test(cancel, says_nothing_about_an_earlier_step)
{
	expect_findings(PAIR "+1 w1 suspend sleep\n+1 w2 resume\n+1 w2 write x @b:a.c:9\n"
	                     "+1 w2 suspend sleep\n+1 w2 resume\n+1 w2 cancel w1\n",
	                "lost-update x possible\n");
}

/* A clock that has no room for a task any more knows all that came before. */

Test(clock, what_it_forgets_counts_as_before)
{
	char *trace = strdup("10 - task-new main\n+1 main resume\n");

	for (unsigned i = 100; i < 180; i++) {
		char *longer = trace_format("%s+1 main task-new w%u\n+1 w%u resume\n"
		                            "+1 w%u write x @b:a.c:%u\n+1 w%u task-end\n"
		                            "+1 main observe w%u task\n",
		                            trace, i, i, i, i, i, i);

		free(trace);
		trace = longer;
	}
	char *whole = trace_format("%s+1 main read x @a:a.c:1\n+1 main suspend sleep @a:a.c:2\n"
	                           "+1 main resume\n+1 main write x @a:a.c:3\n",
	                           trace);

	expect_findings(whole, "");
	free(whole);
	free(trace);
}

Test(lock_never_released, whoever_awaits_the_end_may_yet_release)
{
	expect_findings(
		"10 main task-new w1\n+1 main suspend w1 task\n+1 w1 lock-taken A @a:d.c:1\n"
		"+1 w1 suspend sleep\n+1 w1 task-end\n",
		"");
}
