/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_wait.h - how an I/O call waits: the one place where tasks and libuv meet.
 *
 * A call parks its task with a struct io_wait on its stack; a slot (in a
 * handle or a request, memory that libuv's callback can see) points to it. The
 * callback wakes the task through the slot. Whoever is first, callback or
 * timeout and cancel, empties the slot: a callback that finds it empty has
 * nobody to wake, and cleans up what the call left behind.
 */
#ifndef RUNTIME_IO_WAIT_H
#define RUNTIME_IO_WAIT_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "task/task_internal.h"

/** One public I/O call under way: what its events and its waits need. On the caller's stack. */
struct io_call {
	uint64_t object;  /* id of the handle */
	uint64_t site;    /* where the program made the call */
	int64_t deadline; /* ns, CLOCK_MONOTONIC */
	bool suspended;   /* it gave control away */
};

/** A parked task. */
struct io_wait {
	struct waiter waiter;
	struct io_wait **slot; /* what points here; NULL once somebody emptied it */
	int result;            /* what the callback said */
};

/** Starts a call on `object`, and records an IO event: an access to it. */
void io_call_begin(struct io_call *call, uint64_t object, int64_t deadline, uint64_t site);

/** Ends a successful call; if it suspended it touched the object again: another IO event. */
void io_call_end(const struct io_call *call);

/**
 * Points *slot to `wait` and suspends the task until io_wait_wake(slot).
 * Returns the callback's result, or -ETIMEDOUT, -ECANCELED, -EPERM (not in a
 * task). *slot is NULL when the callback was not the one that ended the wait,
 * unless its memory is gone.
 */
int io_wait_park(struct io_wait *wait, struct io_wait **slot, struct io_call *call);

/** Empties the slot and makes its task ready, with `result`; nobody there: does nothing. Never
 * suspends. */
void io_wait_wake(struct io_wait **slot, int result);

/** The libuv loop of this thread's loop, or NULL: none runs here. */
uv_loop_t *io_loop(void);

#endif
