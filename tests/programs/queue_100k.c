/* expect: silent */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * queue_100k.c - 100,000 tasks, all alive at once, on one bounded queue.
 *
 * Each takes a number from the queue and adds it up; a producer puts the
 * numbers in and is held back by the bound. Nothing is wrong with it.
 */
#include <errno.h>
#include <stdlib.h>

#include "truth.h"

TRUTH_AWAITS;

enum { TASKS = 100000, CAPACITY = 1000 };

static struct aw_queue *queue;
static int64_t sum;

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
	return 0;
}

static int64_t run(void *arg)
{
	struct aw_task **all = calloc(TASKS, sizeof(struct aw_task *));
	int error = all ? 0 : -ENOMEM;

	(void)arg;
	queue = aw_queue_new(CAPACITY, "numbers");
	for (int i = 0; i < TASKS && !error; i++) {
		all[i] = aw_task_create(take_one, NULL, NULL);
		error = all[i] ? 0 : -ENOMEM;
		if (i % 1000 == 999) /* or this would be one long step */
			COUNTED_YIELD(NULL);
	}
	for (int i = 0; i < TASKS && !error; i++)
		error = COUNTED_AWAIT(aw_queue_put(queue, (void *)(intptr_t)(i + 1), AW_FOREVER),
		                      aw_queue_count(queue) == CAPACITY);
	if (!error)
		error = COUNTED_AWAIT(aw_gather(all, TASKS, 0, AW_FOREVER, NULL), true);
	for (int i = 0; i < TASKS && all; i++)
		aw_task_free(all[i]);
	free(all);
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
