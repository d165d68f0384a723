/* expect: silent */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * queue_100k.c - 100,000 tasks, all alive at once, on one bounded queue.
 *
 * Each takes a number from the queue and adds it up; a producer puts the
 * numbers in and is held back by the bound. Nothing is wrong with it.
 */
#include "truth.h"

TRUTH_AWAITS;

enum { TASKS = 100000, CAPACITY = 1000, BATCH = 200 };

static struct aw_queue *queue;
static struct aw_flag *all_taken;
static int64_t sum;
static int taken;

static int64_t take_one(void *arg)
{
	void *item;
	int error =
		COUNTED_AWAIT(aw_queue_get(queue, &item, AW_FOREVER), aw_queue_count(queue) == 0);
	int64_t before;

	(void)arg;
	if (error < 0)
		return error;
	before = AW_READ(sum);
	AW_WRITE(sum) = before + (int64_t)(intptr_t)item;
	if (++taken == TASKS)
		aw_flag_set(all_taken);
	return 0;
}

static int64_t run(void *arg)
{
	int error = 0;

	(void)arg;
	queue = aw_queue_new(CAPACITY, "numbers");
	all_taken = aw_flag_new("all taken");
	for (int i = 0; i < TASKS && !error; i++) {
		error = aw_task_spawn(take_one, NULL, NULL);
		if (!error && i % BATCH == BATCH - 1) /* or this would be one long step */
			error = COUNTED_YIELD(NULL);
	}
	for (int i = 0; i < TASKS && !error; i++)
		error = COUNTED_AWAIT(aw_queue_put(queue, (void *)(intptr_t)(i + 1), AW_FOREVER),
		                      aw_queue_count(queue) == CAPACITY);
	if (!error)
		error = COUNTED_AWAIT(aw_flag_wait(all_taken, AW_FOREVER),
		                      !aw_flag_is_set(all_taken));
	aw_flag_free(all_taken);
	aw_queue_free(queue);
	return error;
}

int main(void)
{
	int64_t error = aw_run(run, NULL);

	truth_print_awaits();
	truth_print_tasks(TASKS + 1);
	return error < 0 || sum != (int64_t)TASKS * (TASKS + 1) / 2 ? 3 : 0;
}
