/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * semaphore.c - Semaphore, after asyncio.Semaphore (Lib/asyncio/locks.py of
 * Python 3.11): a release that finds a waiter hands the permit to it at once.
 */
#include <errno.h>
#include <stdlib.h>

#include <awaitness/sync.h>

#include "task/object.h"
#include "task/task_internal.h"

struct aw_semaphore {
	struct lock_base base; /* first; inspect.permits is the free permits */
	bool signals;          /* created with 0: a release tells, an acquire hears */
};

struct aw_semaphore *aw_semaphore_new(uint32_t permits, const char *name)
{
	struct aw_semaphore *semaphore = malloc(sizeof(*semaphore));

	if (!semaphore)
		return NULL;
	semaphore->signals = permits == 0;
	lock_base_init(&semaphore->base, AW_LOCK_TYPE_SEMAPHORE, permits, name, CALLER);
	return semaphore;
}

void aw_semaphore_free(struct aw_semaphore *semaphore)
{
	if (!semaphore)
		return;
	lock_base_fini(&semaphore->base, CALLER);
	free(semaphore);
}

static bool must_wait(const struct aw_semaphore *semaphore)
{
	return !semaphore->base.inspect.permits || waiter_ahead(&semaphore->base.waiters);
}

static void wake_next(struct aw_semaphore *semaphore, uint64_t site)
{
	struct waiter *waiter = waiter_first(&semaphore->base.waiters);

	if (!waiter)
		return;
	semaphore->base.inspect.permits--;
	waiter_wake(waiter, AW_AWAIT_SEMAPHORE, site);
}

static void taken(struct aw_semaphore *semaphore, uint64_t site)
{
	lock_base_taken(&semaphore->base, AW_MODE_EXCLUSIVE, site);
	if (semaphore->signals)
		tell(AW_OBSERVE, AW_AWAIT_SEMAPHORE, semaphore->base.inspect.id, site);
}

static int acquire_slow(struct aw_semaphore *semaphore, int64_t deadline, uint64_t site)
{
	struct lock_base *base = &semaphore->base;
	struct waiter waiter;
	int err = waiter_check(deadline);

	if (err)
		return err;
	tell_lock(AW_LOCK_WAIT, deadline != AW_FOREVER ? AW_ARG_DEADLINE : 0, base, site);
	waiter_init(&waiter);
	list_append(&base->waiters, &waiter.link);
	base->inspect.waiters++;
	err = waiter_park(&waiter, AW_AWAIT_SEMAPHORE, base->inspect.id, site, deadline);
	list_remove(&waiter.link);
	base->inspect.waiters--;
	if (!err) {
		taken(semaphore, site);
	} else {
		tell_lock(AW_LOCK_GIVEUP, AW_MODE_EXCLUSIVE, base, site);
		if (waiter.state == WAITER_WOKEN)
			base->inspect.permits++;
	}
	if (base->inspect.permits)
		wake_next(semaphore, site);
	return err;
}

int aw_semaphore_acquire(struct aw_semaphore *semaphore, int64_t deadline)
{
	uint64_t site = CALLER;
	int err;

	if (!aw__thread.task)
		return -EPERM;
	err = object_bind(&semaphore->base.loop);
	if (err)
		return err;
	if (must_wait(semaphore))
		return acquire_slow(semaphore, deadline, site);
	semaphore->base.inspect.permits--;
	taken(semaphore, site);
	return 0;
}

int aw_semaphore_release(struct aw_semaphore *semaphore)
{
	uint64_t site = CALLER;

	if (semaphore->signals)
		tell(AW_SIGNAL, AW_AWAIT_SEMAPHORE, semaphore->base.inspect.id, site);
	lock_base_freed(&semaphore->base, AW_MODE_EXCLUSIVE, site);
	semaphore->base.inspect.permits++;
	wake_next(semaphore, site);
	return 0;
}

bool aw_semaphore_locked(const struct aw_semaphore *semaphore)
{
	tell_lock(AW_LOCK_TEST, 0, (struct lock_base *)&semaphore->base, CALLER);
	return must_wait(semaphore);
}

uint32_t aw_semaphore_permits(const struct aw_semaphore *semaphore)
{
	return semaphore->base.inspect.permits;
}
