/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loop.h - one event loop: a queue of what is ready, around libuv's loop.
 *
 * A task that suspends switches directly to the next ready task; control comes back to the
 * loop's own flow when a callback is next, nothing is ready, or the budget of switches is
 * used up, so that libuv is polled about every 100 us even if tasks never wait.
 */
#ifndef RUNTIME_LOOP_H
#define RUNTIME_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include <awaitness/inspect.h>

#include "fiber.h"
#include "stack.h"
#include "task_internal.h"

struct loop_timer;
struct loop_call;

struct aw_loop {
	struct aw_inspect_loop inspect; /* first: read from outside */
	uint64_t *link;                 /* what points to this loop in the root's list */
	uint64_t id;
	uv_loop_t uv;
	struct fiber fiber; /* the thread's own flow of control */
	struct stack_pool stacks;
	struct ready *ready_first;
	struct ready **ready_end;  /* where to hang the next one */
	int32_t budget;            /* switches left until control comes back to the loop */
	int32_t burst;             /* the budget given last */
	int64_t polled;            /* ns: when libuv was last polled */
	struct loop_timer *timers; /* not in use now */
	uv_async_t wakeup;         /* for calls from other threads */
	uv_mutex_t mutex;          /* guards calls_* */
	struct loop_call *calls_first;
	struct loop_call **calls_end;
};

/** This thread's loop, NULL: none. Its `uv` is where I/O belongs. */
static inline struct aw_loop *loop_current(void)
{
	return aw__thread.loop;
}

static inline void loop_queue(struct aw_loop *loop, struct ready *ready)
{
	ready->next = NULL;
	*loop->ready_end = ready;
	loop->ready_end = &ready->next;
}

static inline struct ready *loop_unqueue(struct aw_loop *loop)
{
	struct ready *ready = loop->ready_first;

	loop->ready_first = ready->next;
	if (!loop->ready_first)
		loop->ready_end = &loop->ready_first;
	loop->budget--;
	return ready;
}

int loop_init(struct aw_loop *loop, size_t stack_bytes);
/** Runs until no task is left; when `main_task` ends the others are cancelled. */
void loop_run(struct aw_loop *loop, struct aw_task *main_task);
void loop_fini(struct aw_loop *loop);

/** Starts a timer that ends the wait at `deadline`. NULL: no memory. */
struct loop_timer *loop_timer_start(struct aw_loop *loop, struct waiter *waiter, int64_t deadline);
void loop_timer_stop(struct aw_loop *loop, struct loop_timer *timer);
void loop_timers_free(struct aw_loop *loop);

/** callback.c: the callbacks of aw_call_soon and its thread-safe sibling. */
void callback_run(struct ready *ready);
void callback_collect(uv_async_t *wakeup);
void callback_drop(struct aw_loop *loop);

#endif
