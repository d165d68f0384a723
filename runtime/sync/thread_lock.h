/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * thread_lock.h - what is told of locks of pthread, which have no room for it themselves.
 *
 * A lock is told of while somebody listens, and until then the table is empty. All functions
 * are thread-safe, and block only for each other.
 */
#ifndef RUNTIME_THREAD_LOCK_H
#define RUNTIME_THREAD_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <awaitness/event.h>

/** A call that is to lock. */
struct thread_lock_call {
	const void *address; /* of the lock */
	const char *text;    /* its expression in the program */
	uint64_t site;
	enum aw_lock_type type;
	enum aw_mode mode;
	bool deadline;
	bool waits; /* set by thread_lock_waits */
};

/** It is not free: the thread is about to wait for it. */
void thread_lock_waits(struct thread_lock_call *call);
/** The lock was taken. */
void thread_lock_taken(const struct thread_lock_call *call);
/** A wait ended without it; nothing if there was none. */
void thread_lock_gave_up(const struct thread_lock_call *call);
/** It is about to be freed, in the mode that it was taken in by this thread. */
void thread_lock_freed(const struct thread_lock_call *call);
/** The lock is no more. */
void thread_lock_gone(const void *address, uint64_t site);

/** Something is known of some lock, though nobody may listen any more. */
bool thread_locks_known(void);

#endif
