/* expect: lock slots limits; silent */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fanout.c - fan-out with gather, cancel and timeouts; nothing is wrong with it.
 *
 * Twenty rounds. In each, fifty tasks pass a semaphore of eight permits and compute a
 * square; gather sums them. Then ten tasks are cancelled, and ten run into a timeout.
 */
#include <errno.h>

#include "truth.h"

TRUTH_AWAITS;

enum { ROUNDS = 20, WIDTH = 50, CANCELLED = 10, LATE = 10, PERMITS = 8 };

static struct aw_semaphore *slots;

/* The program's own truth. */
static uint64_t tasks = 1;
static uint64_t sections, waited, inside, queued;
static uint64_t cancelled, timed_out;

static int64_t square(void *arg)
{
	int64_t number = (int64_t)(intptr_t)arg;
	bool waits = inside + queued >= PERMITS;
	int error;

	queued++;
	error = COUNTED_AWAIT(aw_semaphore_acquire(slots, AW_FOREVER), waits);
	queued--;
	if (error < 0)
		return error;
	inside++;
	sections++;
	waited += waits;
	error = COUNTED_YIELD(NULL);
	inside--;
	aw_semaphore_release(slots);
	return error < 0 ? error : number * number;
}

static int64_t sleeps_long(void *arg)
{
	(void)arg;
	return COUNTED_AWAIT(aw_sleep(60 * AW_NS_PER_S), true);
}

static int fan_out(void)
{
	struct aw_task *all[WIDTH];
	int64_t results[WIDTH], sum = 0;
	int error;

	for (int i = 0; i < WIDTH; i++)
		all[i] = aw_task_create(square, (void *)(intptr_t)i, "square");
	tasks += WIDTH;
	error = COUNTED_AWAIT(aw_gather(all, WIDTH, 0, AW_FOREVER, results), true);
	for (int i = 0; i < WIDTH; i++) {
		sum += results[i];
		aw_task_free(all[i]);
	}
	return error < 0 ? error : sum == (WIDTH - 1) * WIDTH * (2 * WIDTH - 1) / 6 ? 0 : -EIO;
}

static void cancel_some(void)
{
	struct aw_task *all[CANCELLED];

	for (int i = 0; i < CANCELLED; i++)
		all[i] = aw_task_create(sleeps_long, NULL, "cancelled");
	tasks += CANCELLED;
	COUNTED_YIELD(NULL);
	for (int i = 0; i < CANCELLED; i++) {
		aw_cancel(all[i]);
		cancelled += COUNTED_AWAIT(aw_await(all[i], AW_FOREVER, NULL),
		                           !aw_task_done(all[i])) == -ECANCELED;
		aw_task_free(all[i]);
	}
}

static void time_some_out(void)
{
	struct aw_task *all[LATE];

	for (int i = 0; i < LATE; i++)
		all[i] = aw_task_create(sleeps_long, NULL, "late");
	tasks += LATE;
	timed_out +=
		COUNTED_AWAIT(aw_gather(all, LATE, AW_GATHER_ALL, aw_after(AW_NS_PER_MS), NULL),
	                      true) == -ETIMEDOUT;
	for (int i = 0; i < LATE; i++)
		aw_task_free(all[i]);
}

static int64_t run(void *arg)
{
	int error = 0;

	(void)arg;
	slots = aw_semaphore_new(PERMITS, "slots");
	for (int round = 0; round < ROUNDS && !error; round++) {
		error = fan_out();
		cancel_some();
		time_some_out();
	}
	aw_semaphore_free(slots);
	return error;
}

int main(void)
{
	int64_t error = aw_run(run, NULL);

	printf("{\"truth\":\"lock\",\"name\":\"slots\",\"sections\":%" PRIu64
	       ",\"suspended\":%" PRIu64 ",\"waited\":%" PRIu64 ",\"tasks\":%" PRIu64 "}\n",
	       sections, sections, waited, sections);
	truth_print_awaits();
	truth_print_tasks(tasks);
	return error < 0 || cancelled != ROUNDS * CANCELLED || timed_out != ROUNDS ? 3 : 0;
}
