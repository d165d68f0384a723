/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * thread_lock.c - see thread_lock.h.
 *
 * A table by address. All that is told of a lock is told with the mutex of its shard held, so
 * that one thread defines it and no other one tells of it before that.
 *
 * Nothing is noted while nobody listens. Who freed a lock that was never seen taken is told
 * all the same: by that its state is known from there on.
 */
#include "thread_lock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "log/log.h"
#include "task/object.h"
#include "task/task_internal.h"

enum { BUCKETS = 4096, SHARDS = 64, SHARED_HELD = 16 };

struct thread_lock {
	struct lock_base base;
	struct thread_lock *next; /* in its bucket */
	const void *address;
	const void *owner;  /* the thread that has it alone: the address of its aw__thread */
	unsigned int depth; /* how often it has it */
};

static struct thread_lock *buckets[BUCKETS];
static pthread_mutex_t shards[SHARDS] = {[0 ... SHARDS - 1] = PTHREAD_MUTEX_INITIALIZER};
static atomic_uint known;

/* What this thread has taken in shared mode, seen by us; more are not told. */
static __thread const void *shared_held[SHARED_HELD] __attribute__((tls_model("initial-exec")));

static unsigned int bucket_of(const void *address)
{
	return (unsigned int)((uintptr_t)address * 0x9e3779b97f4a7c15ull >> 52);
}

static pthread_mutex_t *shard_of(const void *address)
{
	return &shards[bucket_of(address) % SHARDS];
}

bool thread_locks_known(void)
{
	return atomic_load_explicit(&known, memory_order_relaxed) != 0;
}

static struct thread_lock *find(const void *address)
{
	struct thread_lock *lock = buckets[bucket_of(address)];

	while (lock && lock->address != address)
		lock = lock->next;
	return lock;
}

/* NULL: no memory. */
static struct thread_lock *find_or_make(const struct thread_lock_call *call)
{
	struct thread_lock *lock = find(call->address);
	unsigned int bucket = bucket_of(call->address);
	const char *text = *call->text == '&' ? call->text + 1 : call->text;
	bool reserved = text[0] == '_' && text[1] == '_'; /* a library's, as std::mutex's */

	if (lock)
		return lock;
	lock = calloc(1, sizeof(*lock));
	if (!lock)
		return NULL;
	/* Where it was made is not known: locks of one name are one lock in the code; of a name
	 * that is not the program's, those that were first taken at one place. */
	lock_base_setup(&lock->base, call->type, 0, reserved ? NULL : text,
	                reserved ? call->site : 0);
	lock->address = call->address;
	lock->next = buckets[bucket];
	buckets[bucket] = lock;
	atomic_fetch_add_explicit(&known, 1, memory_order_relaxed);
	return lock;
}

static void owner_set(struct thread_lock *lock, uint64_t site)
{
	lock->owner = &aw__thread;
	lock->depth = 1;
	lock->base.inspect.holder = aw__thread.task_id;
	lock->base.inspect.taken = site;
	list_remove(&lock->base.held);
	if (aw__thread.task)
		list_append(&aw__thread.task->held, &lock->base.held);
}

static void owner_clear(struct thread_lock *lock)
{
	lock->owner = NULL;
	lock->depth = 0;
	lock->base.inspect.holder = 0;
	list_remove(&lock->base.held);
}

/* Adds the lock to those this thread has shared, or takes it out. False: no room; not there. */
static bool shared_change(const void *from, const void *to)
{
	for (unsigned int i = 0; i < SHARED_HELD; i++) {
		if (shared_held[i] == from) {
			shared_held[i] = to;
			return true;
		}
	}
	return false;
}

void thread_lock_waits(struct thread_lock_call *call)
{
	unsigned int arg = call->mode | (call->deadline ? AW_ARG_DEADLINE : 0);
	struct thread_lock *lock;

	pthread_mutex_lock(shard_of(call->address));
	lock = find_or_make(call);
	if (lock) {
		tell_lock(AW_LOCK_WAIT, arg, &lock->base, call->site);
		call->waits = true;
	}
	pthread_mutex_unlock(shard_of(call->address));
}

void thread_lock_taken(const struct thread_lock_call *call)
{
	struct thread_lock *lock;

	pthread_mutex_lock(shard_of(call->address));
	lock = find_or_make(call);
	if (!lock) {
	} else if (call->mode == AW_MODE_SHARED) {
		if (shared_change(NULL, call->address))
			tell_lock(AW_LOCK_TAKEN, call->mode, &lock->base, call->site);
	} else if (lock->owner == &aw__thread) {
		lock->depth++; /* a recursive mutex */
	} else {
		tell_lock(AW_LOCK_TAKEN, call->mode, &lock->base, call->site);
		owner_set(lock, call->site);
	}
	pthread_mutex_unlock(shard_of(call->address));
}

void thread_lock_gave_up(const struct thread_lock_call *call)
{
	struct thread_lock *lock;

	if (!call->waits)
		return;
	pthread_mutex_lock(shard_of(call->address));
	lock = find(call->address);
	if (lock)
		tell_lock(AW_LOCK_GIVEUP, call->mode, &lock->base, call->site);
	pthread_mutex_unlock(shard_of(call->address));
}

void thread_lock_freed(const struct thread_lock_call *call)
{
	bool shared = shared_change(call->address, NULL);
	struct thread_lock *lock;

	pthread_mutex_lock(shard_of(call->address));
	lock = log_wants(AW_LOCK_FREED) ? find_or_make(call) : find(call->address);
	if (!lock) {
	} else if (shared) {
		tell_lock(AW_LOCK_FREED, AW_MODE_SHARED, &lock->base, call->site);
	} else if (lock->owner != &aw__thread || --lock->depth == 0) {
		tell_lock(AW_LOCK_FREED, AW_MODE_EXCLUSIVE, &lock->base, call->site);
		owner_clear(lock);
	}
	pthread_mutex_unlock(shard_of(call->address));
}

void thread_lock_gone(const void *address, uint64_t site)
{
	struct thread_lock **link, *lock;

	pthread_mutex_lock(shard_of(address));
	link = &buckets[bucket_of(address)];
	while (*link && (*link)->address != address)
		link = &(*link)->next;
	lock = *link;
	if (lock) {
		*link = lock->next;
		tell_lock(AW_LOCK_FREE, 0, &lock->base, site);
		list_remove(&lock->base.held);
		atomic_fetch_sub_explicit(&known, 1, memory_order_relaxed);
		free(lock);
	}
	pthread_mutex_unlock(shard_of(address));
}
