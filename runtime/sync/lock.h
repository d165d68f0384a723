/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock.h - a Lock as a Condition sees it.
 */
#ifndef RUNTIME_LOCK_H
#define RUNTIME_LOCK_H

#include <awaitness/sync.h>

#include "task/object.h"

struct aw_lock {
	struct lock_base base; /* first */
	bool locked;
};

struct aw_lock *lock_new(enum aw_lock_type type, const char *name, uint64_t site);
int lock_release(struct aw_lock *lock, uint64_t site);
/** Takes it, however long that takes: neither deadline nor cancel ends the wait. */
void lock_acquire_fixed(struct aw_lock *lock, uint64_t site);

#endif
