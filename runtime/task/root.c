/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * root.c - see root.h. The root lies in a section of its own, so that it is
 * found in a stripped program; everything that runs tasks refers to it, so that
 * the linker keeps it.
 */
#include "root.h"

#include <pthread.h>
#include <stdint.h>

#include <awaitness/inspect.h>

#include "loop.h"
#include "object.h"

static struct aw_root root __attribute__((section(AW_ROOT_SECTION), used)) = {
	.magic = AW_ROOT_MAGIC,
};
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static uint64_t address(const volatile void *p)
{
	return (uint64_t)(uintptr_t)p;
}

/* An outside reader sees the new member either not at all or with its `next` set. */
static void chain_add(uint64_t *head, uint64_t member, uint64_t *next)
{
	*next = *head;
	__atomic_store_n(head, member, __ATOMIC_RELEASE);
}

static void chain_remove(uint64_t *link, uint64_t next)
{
	__atomic_store_n(link, next, __ATOMIC_RELEASE);
}

void root_add_loop(struct aw_loop *loop)
{
	pthread_mutex_lock(&mutex);
	chain_add(&root.loops, address(loop), &loop->inspect.next);
	if (loop->inspect.next)
		((struct aw_loop *)(uintptr_t)loop->inspect.next)->link = &loop->inspect.next;
	loop->link = &root.loops;
	pthread_mutex_unlock(&mutex);
}

void root_remove_loop(struct aw_loop *loop)
{
	pthread_mutex_lock(&mutex);
	chain_remove(loop->link, loop->inspect.next);
	if (loop->inspect.next)
		((struct aw_loop *)(uintptr_t)loop->inspect.next)->link = loop->link;
	pthread_mutex_unlock(&mutex);
}

bool root_has_loop(uint64_t id)
{
	struct aw_loop *loop;

	pthread_mutex_lock(&mutex);
	loop = (struct aw_loop *)(uintptr_t)root.loops;
	while (loop && loop->id != id)
		loop = (struct aw_loop *)(uintptr_t)loop->inspect.next;
	pthread_mutex_unlock(&mutex);
	return loop;
}

void root_add_lock(struct lock_base *lock)
{
	pthread_mutex_lock(&mutex);
	chain_add(&root.locks, address(lock), &lock->inspect.next);
	if (lock->inspect.next)
		((struct lock_base *)(uintptr_t)lock->inspect.next)->link = &lock->inspect.next;
	lock->link = &root.locks;
	pthread_mutex_unlock(&mutex);
}

void root_remove_lock(struct lock_base *lock)
{
	pthread_mutex_lock(&mutex);
	chain_remove(lock->link, lock->inspect.next);
	if (lock->inspect.next)
		((struct lock_base *)(uintptr_t)lock->inspect.next)->link = lock->link;
	pthread_mutex_unlock(&mutex);
}
