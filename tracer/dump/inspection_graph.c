// SPDX-License-Identifier: BSD-2-Clause
/*
 * inspection_graph.c - links records by id, finds the circles.
 *
 * Each task waits for at most one other, so from any task the way is a single
 * path: following it until a task seen before finds every circle once.
 */
#include "inspection_graph.h"

#include <errno.h>
#include <stdlib.h>

struct key {
	uint64_t id;
	size_t index;
};

static int key_compare(const void *a, const void *b)
{
	uint64_t x = ((const struct key *)a)->id, y = ((const struct key *)b)->id;

	return x < y ? -1 : x > y;
}

static ptrdiff_t key_find(const struct key *keys, size_t count, uint64_t id)
{
	const struct key wanted = {.id = id}, *found;

	if (!id || !count)
		return -1;
	found = bsearch(&wanted, keys, count, sizeof(*keys), key_compare);
	return found ? (ptrdiff_t)found->index : -1;
}

static bool waits_for_lock(const struct aw_inspect_task *task)
{
	return task->await == AW_AWAIT_LOCK || task->await == AW_AWAIT_SEMAPHORE ||
	       task->await == AW_AWAIT_CONDITION;
}

/* Whom the tasks that wait for a lock wait for: its one holder; -1: not known, or perhaps one of
 * several, or nobody, for it is free and theirs next. */
static ptrdiff_t holder_awaited(const struct inspect_lock *lock)
{
	return lock->shared || lock->holders > 1 || lock->held == INSPECT_FREE ? -1 : lock->holder;
}

static void tasks_link(struct inspection *in, const struct key *tasks, const struct key *locks)
{
	for (size_t i = 0; i < in->lock_count; i++)
		in->locks[i].holder = key_find(tasks, in->task_count, in->locks[i].record.holder);
	for (size_t i = 0; i < in->task_count; i++) {
		struct inspect_task *task = &in->tasks[i];

		task->lock = task->waits = -1;
		if (task->record.state != AW_STATE_SUSPENDED)
			continue;
		if (waits_for_lock(&task->record))
			task->lock = key_find(locks, in->lock_count, task->record.object);
		if (task->lock >= 0)
			task->waits = holder_awaited(&in->locks[task->lock]);
		if (task->lock >= 0 && task->record.await == AW_AWAIT_CONDITION)
			in->locks[task->lock].to_notify++;
		if (task->lock < 0 && task->record.await == AW_AWAIT_TASK)
			task->waits = key_find(tasks, in->task_count, task->record.object);
	}
}

/* The task that `task` cannot go on without, -1: none. A condition is notified by anybody. */
static ptrdiff_t needs(const struct inspect_task *task)
{
	if (task->record.deadline || task->record.await == AW_AWAIT_CONDITION)
		return -1;
	return task->waits;
}

/* Keeps the circle that task `start` is on. */
static int cycle_add(struct inspection *in, size_t start)
{
	struct inspect_cycle *cycles =
		reallocarray(in->cycles, in->cycle_count + 1, sizeof(*cycles));
	struct inspect_cycle *cycle;
	size_t count = 0;
	ptrdiff_t at = start;

	if (!cycles)
		return -ENOMEM;
	in->cycles = cycles;
	cycle = &cycles[in->cycle_count];
	do {
		count++;
		at = needs(&in->tasks[at]);
	} while (at != (ptrdiff_t)start);
	cycle->members = calloc(count, sizeof(*cycle->members));
	if (!cycle->members)
		return -ENOMEM;
	cycle->count = count;
	in->cycle_count++;
	for (size_t i = 0; i < count; i++) {
		cycle->members[i] = at;
		in->tasks[at].in_cycle = true;
		at = needs(&in->tasks[at]);
	}
	return 0;
}

/* `walk`: for each task the number (from 1) of the walk that came by, 0: none yet. */
static int cycles_find(struct inspection *in, size_t *walk)
{
	int code = 0;

	for (size_t i = 0; !code && i < in->task_count; i++) {
		ptrdiff_t at = i;

		while (at >= 0 && !walk[at]) {
			walk[at] = i + 1;
			at = needs(&in->tasks[at]);
		}
		if (at >= 0 && walk[at] == i + 1)
			code = cycle_add(in, at);
	}
	return code;
}

static int hold_compare(const void *a, const void *b)
{
	const struct inspect_hold *x = a, *y = b;

	if (x->task != y->task)
		return x->task < y->task ? -1 : 1;
	return x->lock < y->lock ? -1 : x->lock > y->lock;
}

/* Those of one task together. */
static void holds_link(struct inspection *in, const struct key *tasks)
{
	for (size_t i = 0; i < in->hold_count; i++)
		in->holds[i].task = key_find(tasks, in->task_count, in->holds[i].id);
	if (in->hold_count)
		qsort(in->holds, in->hold_count, sizeof(*in->holds), hold_compare);
}

const struct inspect_hold *inspection_held(const struct inspection *in, size_t task, size_t *count)
{
	size_t low = 0, high = in->hold_count, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (in->holds[middle].task < (ptrdiff_t)task)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < in->hold_count && in->holds[end].task == (ptrdiff_t)task;)
		end++;
	*count = end - low;
	return in->holds + low;
}

int inspection_link(struct inspection *in)
{
	struct key *tasks = calloc(in->task_count + 1, sizeof(*tasks));
	struct key *locks = calloc(in->lock_count + 1, sizeof(*locks));
	size_t *walk = calloc(in->task_count + 1, sizeof(*walk));
	int code = tasks && locks && walk ? 0 : -ENOMEM;

	for (size_t i = 0; !code && i < in->task_count; i++)
		tasks[i] = (struct key){in->tasks[i].record.id, i};
	for (size_t i = 0; !code && i < in->lock_count; i++)
		locks[i] = (struct key){in->locks[i].record.id, i};
	if (!code) {
		qsort(tasks, in->task_count, sizeof(*tasks), key_compare);
		qsort(locks, in->lock_count, sizeof(*locks), key_compare);
		tasks_link(in, tasks, locks);
		holds_link(in, tasks);
		code = cycles_find(in, walk);
	}
	free(tasks);
	free(locks);
	free(walk);
	return code;
}
