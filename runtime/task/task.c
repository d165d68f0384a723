/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * task.c - what a task is from its making to its end, and the switch from one to the next.
 */
#include <assert.h>
#include <errno.h>

#include "loop.h"
#include "object.h"

__thread struct thread_state aw__thread;

/* Says who runs in this thread from now on; NULL: the loop itself. */
static void current_set(struct aw_loop *loop, struct aw_task *task)
{
	aw__thread.task = task;
	aw__thread.task_id = task ? task->inspect.id : 0;
	loop->inspect.running = (uint64_t)(uintptr_t)task;
}

/* A step begins. */
static void task_resumed(struct aw_task *task)
{
	current_set(task->loop, task);
	task->inspect.state = AW_STATE_RUNNING;
	tell_task(AW_RESUME, 0, task, 0);
}

/* Who runs when the step of `task` ends here. */
static struct fiber *next_flow(struct aw_task *task)
{
	struct aw_loop *loop = task->loop;
	struct ready *ready = loop->ready_first;
	struct fiber *outer = task->outer;

	if (outer) {
		task->outer = NULL;
		current_set(loop, task->outer_task);
		return outer;
	}
	if (ready && ready->is_task && loop->budget > 0) {
		loop_unqueue(loop);
		return &list_entry(ready, struct aw_task, ready)->fiber;
	}
	current_set(loop, NULL);
	return &loop->fiber;
}

void task_suspend(struct aw_task *task, unsigned int await, uint64_t object, uint64_t site)
{
	struct fiber *next;

	tell(AW_SUSPEND, await, object, site);
	task->suspensions++;
	task->inspect.object = object;
	task->inspect.site = site;
	task->inspect.await = (uint8_t)(await & AW_ARG_VALUE);
	task->inspect.deadline = (await & AW_ARG_DEADLINE) != 0;
	task->inspect.since = log_on() ? log_last_stamp() : 0;
	if (task->inspect.state == AW_STATE_RUNNING)
		task->inspect.state = AW_STATE_SUSPENDED;
	next = next_flow(task);
	if (next != &task->fiber)
		fiber_switch(&task->fiber, next);
	task_resumed(task);
}

static void chain_task(struct aw_loop *loop, struct aw_task *task)
{
	struct aw_task *first = (struct aw_task *)(uintptr_t)loop->inspect.tasks;

	task->inspect.next = loop->inspect.tasks;
	task->link = &loop->inspect.tasks;
	if (first)
		first->link = &task->inspect.next;
	loop->inspect.tasks = (uint64_t)(uintptr_t)task;
}

static void unchain_task(struct aw_task *task)
{
	struct aw_task *next = (struct aw_task *)(uintptr_t)task->inspect.next;

	task->inspect.self = 0;
	if (!task->link)
		return;
	*task->link = task->inspect.next;
	if (next)
		next->link = task->link;
}

static enum aw_outcome outcome_of(int64_t result)
{
	if (result == -ECANCELED)
		return AW_OUTCOME_CANCELLED;
	return result < 0 ? AW_OUTCOME_ERROR : AW_OUTCOME_OK;
}

/* Whoever waits for the end takes its waiter out of the list when it runs. */
static void task_end(struct aw_task *task, int64_t result)
{
	struct waiter *waiter;

	task->result = result;
	tell_task(AW_SIGNAL, AW_AWAIT_TASK, task, 0);
	while ((waiter = waiter_first(&task->waiters)))
		waiter_wake(waiter, AW_AWAIT_TASK, 0);
	while (!list_empty(&task->held))
		list_remove(task->held.next); /* as in asyncio, its locks stay taken */
	tell(AW_TASK_END, outcome_of(result), 0, 0);
	task->inspect.state = AW_STATE_ENDED;
	task->loop->inspect.count--;
}

static void task_main(void *arg)
{
	struct aw_task *task = arg;
	struct fiber *next;
	int64_t result = -ECANCELED;

	fiber_entered(&task->fiber);
	task_resumed(task);
	if (!task->must_cancel)
		result = task->fn(task->arg);
	task_end(task, task->must_cancel ? -ECANCELED : result);
	next = next_flow(task);
	task_unref(task); /* its memory stays as it is until we have left it */
	fiber_leave(&task->fiber, next);
}

/* Ids of tasks have 32 bits: after 4 billion they begin again, but for 0, which is no task. */
static uint32_t task_id(void)
{
	uint32_t id;

	do
		id = (uint32_t)object_id();
	while (!id);
	return id;
}

struct aw_task *task_new(struct aw_loop *loop, aw_task_fn fn, void *arg, const char *name,
                         uint64_t site)
{
	struct aw_task *task = stack_take(&loop->stacks);
	struct stack *stack;

	if (!task)
		return NULL;
	stack = stack_of(task, sizeof(*task));
	task->inspect = (struct aw_inspect_task){
		.self = (uint64_t)(uintptr_t)task,
		.created = site,
		.id = task_id(),
		.state = AW_STATE_READY,
	};
	object_name_copy(task->inspect.name, name);
	task->ready.is_task = true;
	task->loop = loop;
	task->outer = NULL;
	task->fn = fn;
	task->arg = arg;
	task->result = -EINPROGRESS;
	task->waiter = NULL;
	task->awaiting = NULL;
	task->future = NULL;
	list_init(&task->waiters);
	list_init(&task->held);
	task->suspensions = 0;
	task->refs = 1;
	task->epoch = 0;
	task->held_epoch = 0;
	task->must_cancel = false;
	fiber_init(&task->fiber, stack->low, stack->size, task_main, task);
	chain_task(loop, task);
	loop->inspect.count++;
	tell_task(AW_TASK_NEW, 0, task, site);
	return task;
}

void task_ref(struct aw_task *task)
{
	task->refs++;
}

void task_unref(struct aw_task *task)
{
	assert(task->refs);
	if (--task->refs)
		return;
	unchain_task(task);
	stack_put(&task->loop->stacks, task, sizeof(*task));
}

void task_start_nested(struct aw_task *task)
{
	struct aw_loop *loop = task->loop;
	struct aw_task *outer = aw__thread.task;
	struct fiber *self = outer ? &outer->fiber : &loop->fiber;

	task->outer = self;
	task->outer_task = outer;
	fiber_switch(self, &task->fiber);
}

static struct aw_task *task_create(aw_task_fn fn, void *arg, const char *name, uint64_t site)
{
	struct aw_loop *loop = loop_current();
	struct aw_task *task = loop ? task_new(loop, fn, arg, name, site) : NULL;

	if (task)
		loop_queue(loop, &task->ready);
	return task;
}

struct aw_task *aw_task_create(aw_task_fn fn, void *arg, const char *name)
{
	struct aw_task *task = task_create(fn, arg, name, CALLER);

	if (task)
		task_ref(task);
	return task;
}

int aw_task_spawn(aw_task_fn fn, void *arg, const char *name)
{
	if (!loop_current())
		return -EPERM;
	return task_create(fn, arg, name, CALLER) ? 0 : -ENOMEM;
}

struct aw_task *aw_task_start(aw_task_fn fn, void *arg, const char *name)
{
	struct aw_loop *loop = loop_current();
	struct aw_task *task = loop ? task_new(loop, fn, arg, name, CALLER) : NULL;

	if (!task)
		return NULL;
	task_ref(task);
	task_start_nested(task);
	return task;
}

void aw_task_free(struct aw_task *task)
{
	if (task)
		task_unref(task);
}

struct aw_task *aw_current(void)
{
	return aw__thread.task;
}

uint32_t aw_task_id(const struct aw_task *task)
{
	return task->inspect.id;
}

const char *aw_task_name(const struct aw_task *task)
{
	return task->inspect.name;
}

bool aw_task_done(const struct aw_task *task)
{
	return task_ended(task);
}

int64_t aw_task_result(const struct aw_task *task)
{
	return task->result;
}
