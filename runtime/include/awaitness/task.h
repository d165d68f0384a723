/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * task.h - the public API of the C task runtime: loops, tasks, futures, time.
 *
 * The semantics are asyncio's. A function called is run synchronously, in the
 * task that calls it; only a call that has to wait for something not ready
 * suspends the task and lets the others run. Tasks of one loop never run at
 * the same time, and a task is never interrupted between two suspensions.
 *
 * Rules for the whole API:
 *  - Everything here belongs to the thread of its loop. Only
 *    aw_call_soon_threadsafe may be called from another thread.
 *  - Errors are negative errno values. A call that can suspend takes an absolute
 *    deadline (aw_after, AW_FOREVER) and returns -ETIMEDOUT when it passes and
 *    -ECANCELED when the task was cancelled meanwhile. A deadline that has already
 *    passed makes the call a try: it returns -ETIMEDOUT at once where it would have
 *    had to suspend. Outside a task such calls return -EPERM where they would suspend.
 *  - An object used from two loops returns -EXDEV where it would have to suspend.
 */
#ifndef AWAITNESS_TASK_H
#define AWAITNESS_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct aw_loop;
struct aw_task;
struct aw_future;

/** What a task runs. A negative errno is an error (-ECANCELED: it ended cancelled), else the
 * result. */
typedef int64_t (*aw_task_fn)(void *arg);
/** A plain callback of a loop: runs outside any task and must not suspend. */
typedef void (*aw_callback_fn)(void *arg);

/* Time: ns of CLOCK_MONOTONIC. Waits are rounded up to whole milliseconds (libuv's timers). */
#define AW_FOREVER   INT64_MAX
#define AW_NS_PER_MS 1000000ll
#define AW_NS_PER_S  1000000000ll

/** Now, in ns of CLOCK_MONOTONIC. */
int64_t aw_now(void);
/** The deadline `ns` from now; AW_FOREVER when that is beyond the range. */
int64_t aw_after(int64_t ns);

/** Settings of aw_run_with; zero means the default. */
struct aw_run_options {
	size_t stack_bytes; /* of each task, rounded up to pages; default 64 KiB */
	const char *name;   /* of the main task; default "main" */
};

/**
 * Runs a loop in this thread, with `fn(arg)` as its main task, until that ends.
 * As asyncio.run does, tasks still there then are cancelled and waited for.
 * Returns the main task's result, -EBUSY when this thread already runs a loop,
 * or why the loop could not start. Several threads may each run a loop.
 */
int64_t aw_run(aw_task_fn fn, void *arg);
/** aw_run with settings; `options` may be NULL. */
int64_t aw_run_with(aw_task_fn fn, void *arg, const struct aw_run_options *options);

/**
 * Makes a task that will run `fn(arg)`: it is queued, and starts when the tasks
 * queued before it have had their turn. `name` is copied (47 bytes), may be NULL.
 * Needs a loop running in this thread (a task or a callback of it).
 * Returns a handle, to be given back with aw_task_free, or NULL when there is no
 * memory or no loop.
 */
struct aw_task *aw_task_create(aw_task_fn fn, void *arg, const char *name);
/**
 * The same, but started at once (asyncio's eager tasks): runs nested in the
 * caller's step until it first suspends or ends; then the caller goes on.
 */
struct aw_task *aw_task_start(aw_task_fn fn, void *arg, const char *name);
/** Creates a task nobody waits for. Returns 0, -ENOMEM or -EPERM (no loop here). */
int aw_task_spawn(aw_task_fn fn, void *arg, const char *name);
/**
 * Gives a handle back; NULL is ignored. A task that has not ended goes on.
 * A handle stays valid until then, also after the task and the loop have ended.
 */
void aw_task_free(struct aw_task *task);

/** The task that runs now, NULL in a callback or outside a loop. Borrowed: no aw_task_free. */
struct aw_task *aw_current(void);
/** The task's id: unique in the process, never 0. */
uint32_t aw_task_id(const struct aw_task *task);
const char *aw_task_name(const struct aw_task *task);
bool aw_task_done(const struct aw_task *task);
/** The result of a task that has ended, -EINPROGRESS before. */
int64_t aw_task_result(const struct aw_task *task);

/**
 * Waits until `task` has ended. Returns 0, or its negative errno if it failed;
 * `*result` (if not NULL) gets what it returned once it has ended.
 * As with asyncio's `await task`, cancelling the waiter cancels `task`, and the
 * waiter goes on when that has ended (with its result, if it ended otherwise). As
 * with wait_for, when the deadline passes `task` is cancelled and its end waited
 * for; then -ETIMEDOUT is returned, unless it ended otherwise.
 * Awaiting oneself returns -EDEADLK.
 */
int aw_await(struct aw_task *task, int64_t deadline, int64_t *result);
/** Waits until `task` has ended, leaving it alone on timeout and cancel (asyncio.wait). Returns 0
 * once it ended. */
int aw_wait(struct aw_task *task, int64_t deadline);

/** Flags of aw_gather. */
#define AW_GATHER_ALL 1u /* wait for all, whatever fails (return_exceptions=True) */
/**
 * Waits for `count` tasks. Without AW_GATHER_ALL the first failure returns at
 * once with its errno, and the other tasks go on. Being cancelled or timed out
 * cancels those that have not ended and waits for them. `results`, if not NULL,
 * gets what each returned, -EINPROGRESS for one that has not ended.
 */
int aw_gather(struct aw_task *const *tasks, size_t count, unsigned int flags, int64_t deadline,
              int64_t *results);

/**
 * Asks a task to stop: its suspending call returns -ECANCELED, also if what it
 * waited for came meanwhile; if it waits for a task, that one is cancelled
 * first. If it is running, or has not started, its next suspension (its start)
 * is where this happens: a task cancelled before its first step never runs.
 * Delivered once: a task that goes on after -ECANCELED is not cancelled any more
 * (there is no count of requests, hence no uncancel). A task that ends with a
 * cancel not delivered yet ends as cancelled.
 * Returns false when the task has already ended.
 */
bool aw_cancel(struct aw_task *task);

/** Sleeps `ns`; 0 or less: aw_yield. Returns 0 or -ECANCELED. */
int aw_sleep(int64_t ns);
/** Sleeps until `deadline`. Returns 0 or -ECANCELED. */
int aw_sleep_until(int64_t deadline);
/** Lets every task that is ready now run once. Returns 0 or -ECANCELED. */
int aw_yield(void);

/** The loop of this thread, NULL if none runs. */
struct aw_loop *aw_loop_current(void);
/** Queues a callback behind what is ready now. Returns 0, -ENOMEM, or -EPERM without a loop. */
int aw_call_soon(aw_callback_fn fn, void *arg);
/**
 * Queues a callback on a loop of any thread and wakes that loop. The caller makes
 * sure that the loop still runs. Returns 0 or -ENOMEM.
 */
int aw_call_soon_threadsafe(struct aw_loop *loop, aw_callback_fn fn, void *arg);

/**
 * Runs `fn(arg)` in libuv's thread pool and waits for its result. Work that has not
 * begun is withdrawn on timeout and cancel. Work that has begun cannot be stopped, and
 * `arg` is the caller's: the call then returns only when `fn` has, with its result and 0;
 * a cancel then stays pending and is delivered at the next suspension.
 */
int aw_to_thread(aw_task_fn fn, void *arg, int64_t deadline, int64_t *result);

/** Makes a future. `name` is copied, may be NULL. NULL: no memory. */
struct aw_future *aw_future_new(const char *name);
/** Frees it; nobody may be waiting (asserted). NULL is ignored. */
void aw_future_free(struct aw_future *future);
/** Sets the result (negative errno: an error) and wakes all waiters. -EALREADY: it is done. */
int aw_future_set(struct aw_future *future, int64_t result);
/** Ends it as cancelled: its waiters get -ECANCELED. False: it is done already. */
bool aw_future_cancel(struct aw_future *future);
bool aw_future_done(const struct aw_future *future);
/**
 * Waits for the result: 0, or the negative errno it was set to. As in asyncio,
 * a waiter that is cancelled or times out cancels the future, for all its waiters;
 * aw_future_wait leaves it alone.
 */
int aw_future_await(struct aw_future *future, int64_t deadline, int64_t *result);
int aw_future_wait(struct aw_future *future, int64_t deadline);

#ifdef __cplusplus
}
#endif

#endif
