/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * object.c - ids, names, and the state that all locks share.
 */
#include "object.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "log/log.h"
#include "loop.h"
#include "root.h"

enum { IDS_AT_ONCE = 64 };

static atomic_uint_fast64_t next_ids = 1;

/* A thread takes ids in blocks: the counter is shared by all. */
uint64_t object_id(void)
{
	static __thread uint64_t next __attribute__((tls_model("initial-exec")));

	if (next % IDS_AT_ONCE == 0)
		next = atomic_fetch_add_explicit(&next_ids, IDS_AT_ONCE, memory_order_relaxed) - 1;
	return ++next;
}

void object_name_copy(char to[AW_INSPECT_NAME], const char *name)
{
	size_t length = name ? strnlen(name, AW_INSPECT_NAME - 1) : 0;

	if (length)
		memcpy(to, name, length);
	to[length] = '\0';
}

void object_init(struct object *object, const char *name)
{
	*object = (struct object){.id = object_id()};
	object_name_copy(object->name, name);
}

int object_bind(uint64_t *loop)
{
	uint64_t here = aw__thread.loop->id;

	if (*loop == here)
		return 0;
	if (*loop && root_has_loop(*loop))
		return -EXDEV;
	*loop = here;
	return 0;
}

void lock_base_setup(struct lock_base *lock, enum aw_lock_type type, uint32_t permits,
                     const char *name, uint64_t site)
{
	memset(lock, 0, sizeof(*lock));
	lock->inspect.self = (uint64_t)(uintptr_t)lock;
	lock->inspect.id = object_id();
	lock->inspect.created = site;
	lock->inspect.type = (uint8_t)type;
	lock->inspect.permits = permits;
	object_name_copy(lock->inspect.name, name);
	lock->permits = (uint8_t)(permits < AW_LOCK_PERMITS_MAX ? permits : AW_LOCK_PERMITS_MAX);
	lock->exclusive = type != AW_LOCK_TYPE_SEMAPHORE || permits == 1;
	list_init(&lock->waiters);
	list_init(&lock->held);
}

void lock_base_init(struct lock_base *lock, enum aw_lock_type type, uint32_t permits,
                    const char *name, uint64_t site)
{
	lock_base_setup(lock, type, permits, name, site);
	root_add_lock(lock);
	tell_lock(AW_LOCK_NEW, 0, lock, site);
}

void lock_base_fini(struct lock_base *lock, uint64_t site)
{
	assert(list_empty(&lock->waiters) && "a lock is freed while tasks wait for it");
	tell_lock(AW_LOCK_FREE, 0, lock, site);
	list_remove(&lock->held);
	root_remove_lock(lock);
	lock->inspect.self = 0;
}

void lock_base_taken(struct lock_base *lock, enum aw_mode mode, uint64_t site)
{
	/* Defined before it is held, lest the definition tells this acquisition, too. */
	tell_lock(AW_LOCK_TAKEN, mode, lock, site);
	lock->inspect.taken = site;
	if (mode == AW_MODE_EXCLUSIVE && lock->exclusive) {
		lock->inspect.holder = aw__thread.task_id;
		list_remove(&lock->held); /* a semaphore of 1 may have been released twice */
		list_append(&aw__thread.task->held, &lock->held);
	}
}

void lock_base_freed(struct lock_base *lock, enum aw_mode mode, uint64_t site)
{
	tell_lock(AW_LOCK_FREED, mode, lock, site);
	if (mode == AW_MODE_EXCLUSIVE && lock->exclusive) {
		lock->inspect.holder = 0;
		list_remove(&lock->held);
	}
}
