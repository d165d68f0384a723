/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rwlock.c - several readers or one writer, first come, first served.
 *
 * Who frees the lock hands it to the first waiters at once: to one writer, or to all
 * readers up to the next writer.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include <awaitness/sync.h>

#include "task/object.h"
#include "task/task_internal.h"

struct aw_rwlock {
	struct lock_base base; /* first */
	uint32_t readers;      /* hold it, or have been handed it */
	bool writer;           /* the same */
};

struct aw_rwlock *aw_rwlock_new(const char *name)
{
	struct aw_rwlock *lock = malloc(sizeof(*lock));

	if (!lock)
		return NULL;
	lock->readers = 0;
	lock->writer = false;
	lock_base_init(&lock->base, AW_LOCK_TYPE_RWLOCK, 0, name, CALLER);
	lock->base.inspect.permits = 1;
	return lock;
}

void aw_rwlock_free(struct aw_rwlock *lock)
{
	if (!lock)
		return;
	assert(!lock->readers && !lock->writer && "a lock is freed while it is held");
	lock_base_fini(&lock->base, CALLER);
	free(lock);
}

static bool fits(const struct aw_rwlock *lock, enum aw_mode mode)
{
	return !lock->writer && (mode == AW_MODE_SHARED || !lock->readers);
}

static void grant(struct aw_rwlock *lock, enum aw_mode mode)
{
	if (mode == AW_MODE_SHARED)
		lock->readers++;
	else
		lock->writer = true;
	lock->base.inspect.permits = 0;
}

static void ungrant(struct aw_rwlock *lock, enum aw_mode mode)
{
	if (mode == AW_MODE_SHARED)
		lock->readers--;
	else
		lock->writer = false;
	lock->base.inspect.permits = !lock->readers && !lock->writer;
}

static void hand_over(struct aw_rwlock *lock, uint64_t site)
{
	struct waiter *waiter;

	while ((waiter = waiter_first(&lock->base.waiters)) && fits(lock, waiter->mode)) {
		grant(lock, waiter->mode);
		waiter_wake(waiter, AW_AWAIT_LOCK, site);
	}
}

static int acquire_slow(struct aw_rwlock *lock, enum aw_mode mode, int64_t deadline, uint64_t site)
{
	struct lock_base *base = &lock->base;
	struct waiter waiter;
	int err = waiter_check(deadline);

	if (err)
		return err;
	tell_lock(AW_LOCK_WAIT, mode | (deadline != AW_FOREVER ? AW_ARG_DEADLINE : 0u), base, site);
	waiter_init(&waiter);
	waiter.mode = (uint8_t)mode;
	list_append(&base->waiters, &waiter.link);
	base->inspect.waiters++;
	err = waiter_park(&waiter, AW_AWAIT_LOCK, base->inspect.id, site, deadline);
	list_remove(&waiter.link);
	base->inspect.waiters--;
	if (!err) {
		lock_base_taken(base, mode, site);
		return 0;
	}
	tell_lock(AW_LOCK_GIVEUP, mode, base, site);
	if (waiter.state == WAITER_WOKEN)
		ungrant(lock, mode);
	hand_over(lock, site);
	return err;
}

static int acquire(struct aw_rwlock *lock, enum aw_mode mode, int64_t deadline, uint64_t site)
{
	int err;

	if (!aw__thread.task)
		return -EPERM;
	err = object_bind(&lock->base.loop);
	if (err)
		return err;
	if (!fits(lock, mode) || waiter_first(&lock->base.waiters))
		return acquire_slow(lock, mode, deadline, site);
	grant(lock, mode);
	lock_base_taken(&lock->base, mode, site);
	return 0;
}

static int release(struct aw_rwlock *lock, enum aw_mode mode, uint64_t site)
{
	if (mode == AW_MODE_SHARED ? !lock->readers : !lock->writer)
		return -EPERM;
	lock_base_freed(&lock->base, mode, site);
	ungrant(lock, mode);
	hand_over(lock, site);
	return 0;
}

int aw_rwlock_read(struct aw_rwlock *lock, int64_t deadline)
{
	return acquire(lock, AW_MODE_SHARED, deadline, CALLER);
}

int aw_rwlock_write(struct aw_rwlock *lock, int64_t deadline)
{
	return acquire(lock, AW_MODE_EXCLUSIVE, deadline, CALLER);
}

int aw_rwlock_read_done(struct aw_rwlock *lock)
{
	return release(lock, AW_MODE_SHARED, CALLER);
}

int aw_rwlock_write_done(struct aw_rwlock *lock)
{
	return release(lock, AW_MODE_EXCLUSIVE, CALLER);
}
