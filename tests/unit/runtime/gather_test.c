/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gather_test.c - gather: results, failures, time-outs and cancels.
 */
#include <errno.h>
#include <stdlib.h>

#include "journal.h"

static int64_t wait_until(void *arg)
{
	int64_t ms = (intptr_t)arg;
	int err = aw_sleep(MS(ms));

	note("%lld", (long long)ms);
	return err < 0 ? err : ms;
}

static int64_t sleep_sort(void *arg)
{
	const intptr_t times[] = {90, 5, 45};
	struct aw_task *tasks[3];
	int64_t results[3];

	(void)arg;
	for (int i = 0; i < 3; i++)
		tasks[i] = aw_task_create(wait_until, (void *)times[i], NULL);
	note("%d", aw_gather(tasks, 3, 0, LONG, results));
	for (int i = 0; i < 3; i++) {
		note("%lld", (long long)results[i]);
		aw_task_free(tasks[i]);
	}
	return 0;
}

Test(gather, gather_gives_results_in_order_whenever_they_came)
{
	aw_run(sleep_sort, NULL);
	expect_journal("5 45 90 0 90 5 45");
}

static int64_t fail_late(void *arg)
{
	aw_sleep(MS(2));
	return -(intptr_t)arg;
}

static int64_t cancel_task(void *task)
{
	return aw_cancel(task);
}

static int64_t gather_failing(void *flags)
{
	struct aw_task *tasks[] = {go(sleep_noting, "slow"),
	                           aw_task_create(fail_late, (void *)EIO, NULL)};
	int64_t results[2];

	if (flags)
		aw_task_spawn(cancel_task, tasks[0], NULL);
	note("%d", aw_gather(tasks, 2, (unsigned int)(intptr_t)flags, LONG, results));
	note("%lld %lld", (long long)results[0], (long long)results[1]);
	aw_cancel(tasks[0]);
	finish(tasks[0]);
	aw_task_free(tasks[1]);
	return 0;
}

Test(gather, gather_returns_at_the_first_failure_and_the_others_go_on)
{
	aw_run(gather_failing, NULL);
	expect_journal("-5 -115 -5 slow:-125 slow:cleaned slow=-125");
}

Test(gather, gather_all_waits_for_all)
{
	aw_run(gather_failing, (void *)AW_GATHER_ALL);
	expect_journal("slow:-125 slow:cleaned 0 -125 -5 slow=-125");
}

static int64_t gather_two(void *deadline)
{
	struct aw_task *tasks[] = {go(sleep_noting, "a"), go(sleep_noting, "b")};
	int err = aw_gather(tasks, 2, 0, deadline ? aw_after(MS(50)) : AW_FOREVER, NULL);

	note("gather:%d", err);
	aw_task_free(tasks[0]);
	aw_task_free(tasks[1]);
	return err;
}

static int64_t cancel_gather(void *arg)
{
	struct aw_task *task = aw_task_create(gather_two, NULL, "g");

	(void)arg;
	aw_yield();
	aw_yield();
	aw_cancel(task);
	finish(task);
	return 0;
}

Test(gather, cancelling_a_gather_cancels_its_tasks_and_waits_for_them)
{
	aw_run(cancel_gather, NULL);
	expect_journal("a:-125 b:-125 a:cleaned b:cleaned gather:-125 g=-125");
}

Test(gather, a_gather_that_times_out_cancels_its_tasks)
{
	cr_expect_eq(aw_run(gather_two, (void *)1), -ETIMEDOUT);
	expect_journal("a:-125 b:-125 a:cleaned b:cleaned gather:-110");
}

static int64_t gather_none(void *arg)
{
	(void)arg;
	return aw_gather(NULL, 0, 0, AW_FOREVER, NULL);
}

Test(gather, gathering_nothing_does_not_wait)
{
	cr_expect_eq(aw_run(gather_none, NULL), 0);
}
