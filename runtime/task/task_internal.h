/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * task_internal.h - what a task is inside, and how one waits and is woken.
 *
 * How an I/O call waits. It puts a struct waiter on its stack where the libuv
 * callback can find it, starts the libuv operation, and parks:
 *
 *	struct waiter waiter;
 *	int err = waiter_check(deadline);	// -EPERM: no task; -ETIMEDOUT: has passed
 *
 *	if (err) return err;
 *	waiter_init(&waiter);
 *	request->waiter = &waiter;
 *	uv_..._start(...);
 *	err = waiter_park(&waiter, AW_AWAIT_IO, id, site, deadline);
 *	if (err) {				// -ETIMEDOUT or -ECANCELED
 *		uv_read_stop(...), or uv_cancel(...) and then, if the request lies on
 *		this stack and its callback has not run yet (it may have, after the
 *		waiter was settled), wait for that: waiter_init(&waiter);
 *		waiter_park_fixed(&waiter, AW_AWAIT_IO, id, site);
 *	}
 *
 * The callback, in the same thread, calls waiter_wake(request->waiter, AW_AWAIT_IO, 0): the
 * task is queued, it runs when its turn comes, and waiter_park returns 0 there.
 * Timeout, cancel and wake-up race for the waiter, and the first settles it: waiter_wake
 * returns false when the waiter had been settled (the task will clean up itself). But a task
 * that is woken and then cancelled before it runs gets -ECANCELED although waiter.state is
 * WAITER_WOKEN, as in asyncio; who has handed something over looks at the state.
 * waiter_park_fixed can be ended by waiter_wake only; a cancel is kept for the next
 * waiter_park.
 */
#ifndef RUNTIME_TASK_INTERNAL_H
#define RUNTIME_TASK_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include <awaitness/inspect.h>
#include <awaitness/task.h>

#include "fiber.h"
#include "list.h"
#include "log/log.h"

/** A member of a loop's queue of what is ready: a task or a callback. */
struct ready {
	struct ready *next;
	bool is_task;
};

enum waiter_state { WAITER_WAITING = 0, WAITER_WOKEN, WAITER_CANCELED, WAITER_TIMED_OUT };

/** One wait of a task. On its stack; not valid after waiter_park returned. */
struct waiter {
	struct list link;     /* in the list of waiters of what is waited for, or in none */
	struct aw_task *task; /* set by waiter_park */
	/* If set, called by waiter_wake instead of making the task ready. */
	void (*notify)(struct waiter *waiter);
	uint8_t state; /* enum waiter_state */
	uint8_t mode;  /* enum aw_mode, for locks */
	bool fixed;
};

struct aw_task {
	struct aw_inspect_task inspect; /* first: read from outside */
	uint64_t *link; /* what points to this task in the loop's list; NULL: nothing */
	struct ready ready;
	struct fiber fiber;
	struct aw_loop *loop;
	struct fiber *outer; /* started eagerly: who goes on when this step ends, else NULL */
	struct aw_task *outer_task; /* the task that is, NULL: a callback */
	aw_task_fn fn;
	void *arg;
	int64_t result;           /* -EINPROGRESS until it has ended */
	struct waiter *waiter;    /* what it is parked on, NULL: not parked */
	struct aw_task *awaiting; /* in aw_await: a cancel is passed on to it */
	struct aw_future *future; /* in aw_future_await: a cancel cancels it */
	struct list waiters;      /* struct waiter: who waits for its end */
	struct list held;         /* struct lock_base: locks whose holder it is */
	uint64_t suspensions;     /* how often it really suspended */
	uint32_t refs;            /* one for the loop until it ends, one per handle */
	uint32_t epoch;           /* of the recording in which it was last defined */
	uint32_t held_epoch;      /* the same for the locks it holds */
	bool must_cancel;         /* a cancel to be delivered at the next suspension */
};

static inline bool task_ended(const struct aw_task *task)
{
	return task->inspect.state == AW_STATE_ENDED;
}

/** Makes a task (refs: 1, the loop's) without queueing it. NULL: no memory. */
struct aw_task *task_new(struct aw_loop *loop, aw_task_fn fn, void *arg, const char *name,
                         uint64_t site);
void task_ref(struct aw_task *task);
void task_unref(struct aw_task *task);

/** aw_cancel and aw_future_cancel, told as done at `site`. */
bool task_cancel(struct aw_task *task, uint64_t site);
bool future_cancel(struct aw_future *future, uint64_t site);

/** Starts a task at once, nested in the step of the caller. */
void task_start_nested(struct aw_task *task);

/**
 * Gives control away; the task must be in the ready queue or be put there by
 * somebody later. Tells SUSPEND and, when it runs again, RESUME.
 */
void task_suspend(struct aw_task *task, unsigned int await, uint64_t object, uint64_t site);

/** 0 when the caller may wait: -EPERM outside a task, -ETIMEDOUT when the deadline has passed. */
int waiter_check(int64_t deadline);

static inline void waiter_init(struct waiter *waiter)
{
	*waiter = (struct waiter){.state = WAITER_WAITING};
	list_init(&waiter->link);
}

/** Suspends the current task until it is woken (0), -ETIMEDOUT, or -ECANCELED. */
int waiter_park(struct waiter *waiter, enum aw_await await, uint64_t object, uint64_t site,
                int64_t deadline);
/** Suspends the current task until it is woken, whatever happens. */
void waiter_park_fixed(struct waiter *waiter, enum aw_await await, uint64_t object, uint64_t site);
/** Wakes a waiter; `cause` is told. False: it was settled before. In the loop's thread. */
bool waiter_wake(struct waiter *waiter, enum aw_await cause, uint64_t site);
/** Ends a wait as if the task had been cancelled. False: it was settled before. */
bool waiter_cancel(struct waiter *waiter, uint64_t site);
/**
 * Somebody in the list waits or has been woken and did not run yet: whoever comes
 * now queues behind them.
 */
bool waiter_ahead(const struct list *list);
/** The first in a list that is not settled, NULL: none. */
struct waiter *waiter_first(struct list *list);

#endif
