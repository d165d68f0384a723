/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sync.h - Lock, Semaphore, Event, Condition, Queue and RWLock for tasks.
 *
 * Fairness and cancellation are asyncio's: first come, first served; a task
 * that finds others waiting queues behind them; a waiter that was woken and is
 * cancelled before it runs passes the wake-up on. The general rules stand in
 * task.h. `name` is copied (47 bytes) and may be NULL; `_new` returns NULL only
 * when there is no memory; `_free` takes NULL and asserts that nobody holds the
 * object or waits for it.
 */
#ifndef AWAITNESS_SYNC_H
#define AWAITNESS_SYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Lock (asyncio.Lock): not recursive; may be released by another task than its holder. */
struct aw_lock;
struct aw_lock *aw_lock_new(const char *name);
void aw_lock_free(struct aw_lock *lock);
/** Takes the lock: 0, -ETIMEDOUT, -ECANCELED, -EPERM outside a task, -EXDEV from another loop. */
int aw_lock_acquire(struct aw_lock *lock, int64_t deadline);
/** Frees it and wakes the first waiter. -EPERM: it is not taken. Never suspends. */
int aw_lock_release(struct aw_lock *lock);
bool aw_lock_locked(const struct aw_lock *lock);
/**
 * Declares that this lock is there on purpose, whatever its sections do ("atomic by
 * intent"): reports then never call it needless. `reason` is for the reader of the code.
 */
void aw_lock_set_intent(struct aw_lock *lock, const char *reason);

/* Semaphore (asyncio.Semaphore) with `permits` at first; one created with 0 is a signal. */
struct aw_semaphore;
struct aw_semaphore *aw_semaphore_new(uint32_t permits, const char *name);
/** Permits may be out: only waiters are asserted against. */
void aw_semaphore_free(struct aw_semaphore *semaphore);
int aw_semaphore_acquire(struct aw_semaphore *semaphore, int64_t deadline);
/** Gives a permit, also above the initial number. Always 0; never suspends. */
int aw_semaphore_release(struct aw_semaphore *semaphore);
/** True when an acquire would have to wait. */
bool aw_semaphore_locked(const struct aw_semaphore *semaphore);
uint32_t aw_semaphore_permits(const struct aw_semaphore *semaphore);

/* Event (asyncio.Event; struct aw_event is a record of event.h, hence the name): a flag to wait
 * for. */
struct aw_flag;
struct aw_flag *aw_flag_new(const char *name);
void aw_flag_free(struct aw_flag *flag);
/** Sets it and wakes all waiters, which pass even if it is cleared before they run. */
void aw_flag_set(struct aw_flag *flag);
void aw_flag_clear(struct aw_flag *flag);
bool aw_flag_is_set(const struct aw_flag *flag);
/** Passes at once when it is set. */
int aw_flag_wait(struct aw_flag *flag, int64_t deadline);

/* Condition (asyncio.Condition). */
struct aw_condition;
/** Makes a condition on `lock`, or on a lock of its own when that is NULL. */
struct aw_condition *aw_condition_new(struct aw_lock *lock, const char *name);
void aw_condition_free(struct aw_condition *condition);
/** Its lock, to be acquired and released by the user around all other calls. */
struct aw_lock *aw_condition_lock(const struct aw_condition *condition);
/**
 * Frees the lock, waits for a notify, takes the lock again and returns. The lock is
 * held on every return (0, -ETIMEDOUT, -ECANCELED) but -EPERM: it was not taken, or this is
 * not a task. The deadline is for the notify; taking the lock again has none.
 */
int aw_condition_wait(struct aw_condition *condition, int64_t deadline);
/** Wakes up to `count` waiters. -EPERM: the lock is not taken. */
int aw_condition_notify(struct aw_condition *condition, size_t count);
int aw_condition_notify_all(struct aw_condition *condition);

/* Queue (asyncio.Queue) of pointers. */
struct aw_queue;
/** Makes a queue of at most `capacity` items; 0: no bound. */
struct aw_queue *aw_queue_new(size_t capacity, const char *name);
/** Items still in it are forgotten. */
void aw_queue_free(struct aw_queue *queue);
/** Puts an item, waiting while the queue is full. */
int aw_queue_put(struct aw_queue *queue, void *item, int64_t deadline);
/** Takes the oldest item into *item, waiting while there is none. */
int aw_queue_get(struct aw_queue *queue, void **item, int64_t deadline);
/** The same without waiting: -EAGAIN when full (empty), -ENOMEM when an unbounded one cannot grow.
 */
int aw_queue_try_put(struct aw_queue *queue, void *item);
int aw_queue_try_get(struct aw_queue *queue, void **item);
size_t aw_queue_count(const struct aw_queue *queue);

/*
 * RWLock: several readers or one writer, in the order they came: a reader that finds
 * a writer waiting queues behind it, so neither side starves. asyncio has none.
 */
struct aw_rwlock;
struct aw_rwlock *aw_rwlock_new(const char *name);
void aw_rwlock_free(struct aw_rwlock *lock);
int aw_rwlock_read(struct aw_rwlock *lock, int64_t deadline);
int aw_rwlock_write(struct aw_rwlock *lock, int64_t deadline);
/** Ends a reader's or the writer's section. -EPERM: there is none of that kind. */
int aw_rwlock_read_done(struct aw_rwlock *lock);
int aw_rwlock_write_done(struct aw_rwlock *lock);

#ifdef __cplusplus
}
#endif

#endif
