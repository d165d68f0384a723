/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock.c - Lock, after asyncio.Lock (Lib/asyncio/locks.py of Python 3.11).
 *
 * A release frees the lock and wakes the first waiter, which takes it when it
 * runs. In between it is free, but nobody who comes gets past the queue.
 */
#include "lock.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "task/task_internal.h"

struct aw_lock *lock_new(enum aw_lock_type type, const char *name, uint64_t site)
{
	struct aw_lock *lock = malloc(sizeof(*lock));

	if (!lock)
		return NULL;
	lock->locked = false;
	lock_base_init(&lock->base, type, 0, name, site);
	lock->base.inspect.permits = 1;
	return lock;
}

struct aw_lock *aw_lock_new(const char *name)
{
	return lock_new(AW_LOCK_TYPE_MUTEX, name, CALLER);
}

void aw_lock_free(struct aw_lock *lock)
{
	if (!lock)
		return;
	assert(!lock->locked && "a lock is freed while it is held");
	lock_base_fini(&lock->base, CALLER);
	free(lock);
}

/* Wakes the first waiter, unless one that was woken has not run yet. */
static void wake_first(struct aw_lock *lock, uint64_t site)
{
	struct list *list = &lock->base.waiters;

	for (struct list *link = list->next; link != list; link = link->next) {
		struct waiter *waiter = list_entry(link, struct waiter, link);

		if (waiter->state == WAITER_WOKEN || waiter_wake(waiter, AW_AWAIT_LOCK, site))
			return;
	}
}

static void take(struct aw_lock *lock, uint64_t site)
{
	lock->locked = true;
	lock->base.inspect.permits = 0;
	lock_base_taken(&lock->base, AW_MODE_EXCLUSIVE, site);
}

static bool lock_free_now(const struct aw_lock *lock)
{
	return !lock->locked && !waiter_ahead(&lock->base.waiters);
}

static void queue(struct aw_lock *lock, struct waiter *waiter, int64_t deadline, uint64_t site)
{
	tell_lock(AW_LOCK_WAIT, deadline != AW_FOREVER ? AW_ARG_DEADLINE : 0, &lock->base, site);
	waiter_init(waiter);
	list_append(&lock->base.waiters, &waiter->link);
	lock->base.inspect.waiters++;
}

static void unqueue(struct aw_lock *lock, struct waiter *waiter)
{
	list_remove(&waiter->link);
	lock->base.inspect.waiters--;
}

static int acquire_slow(struct aw_lock *lock, int64_t deadline, uint64_t site)
{
	struct waiter waiter;
	int err = waiter_check(deadline);

	if (err)
		return err;
	queue(lock, &waiter, deadline, site);
	err = waiter_park(&waiter, AW_AWAIT_LOCK, lock->base.inspect.id, site, deadline);
	unqueue(lock, &waiter);
	if (!err) {
		take(lock, site);
		return 0;
	}
	tell_lock(AW_LOCK_GIVEUP, AW_MODE_EXCLUSIVE, &lock->base, site);
	if (!lock->locked)
		wake_first(lock, site);
	return err;
}

int aw_lock_acquire(struct aw_lock *lock, int64_t deadline)
{
	uint64_t site = CALLER;
	int err;

	if (!aw__thread.task)
		return -EPERM;
	err = object_bind(&lock->base.loop);
	if (err)
		return err;
	if (!lock_free_now(lock))
		return acquire_slow(lock, deadline, site);
	take(lock, site);
	return 0;
}

void lock_acquire_fixed(struct aw_lock *lock, uint64_t site)
{
	struct waiter waiter;

	if (!lock_free_now(lock)) {
		queue(lock, &waiter, AW_FOREVER, site);
		waiter_park_fixed(&waiter, AW_AWAIT_LOCK, lock->base.inspect.id, site);
		unqueue(lock, &waiter);
	}
	take(lock, site);
}

int lock_release(struct aw_lock *lock, uint64_t site)
{
	if (!lock->locked)
		return -EPERM;
	lock_base_freed(&lock->base, AW_MODE_EXCLUSIVE, site);
	lock->locked = false;
	lock->base.inspect.permits = 1;
	wake_first(lock, site);
	return 0;
}

int aw_lock_release(struct aw_lock *lock)
{
	return lock_release(lock, CALLER);
}

bool aw_lock_locked(const struct aw_lock *lock)
{
	/* Telling defines the lock first if need be, which changes only its epoch. */
	tell_lock(AW_LOCK_TEST, 0, (struct lock_base *)&lock->base, CALLER);
	return lock->locked;
}

void aw_lock_set_intent(struct aw_lock *lock, const char *reason)
{
	(void)reason;
	lock->base.waiver = true;
	tell_lock(AW_LOCK_WAIVER, 0, &lock->base, CALLER);
}
