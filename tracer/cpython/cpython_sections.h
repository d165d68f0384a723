/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_sections.h - what cpython_locks.c, cpython_sections.c and cpython_settle.c share.
 */
#ifndef CPYTHON_SECTIONS_H
#define CPYTHON_SECTIONS_H

#include "cpython_state.h"

/* cpython_locks.c */
/** What is at the address of `lock` is another one from now on. Nobody holds it. */
void cpython_lock_renew(struct cpython_translator *t, struct cpython_lock *lock);
/** Does its state count permits (a semaphore)? */
bool cpython_lock_counts(const struct cpython_lock *lock);
/** One task at a time: a mutex, or a semaphore with one permit. */
bool cpython_lock_excludes(const struct cpython_lock *lock);
/** A lock of threads: waiting for it blocks the thread. */
bool cpython_lock_of_threads(const struct cpython_lock *lock);
/** Defines the lock in the stream when it is told of the first time. 0 or -ENOMEM. */
int cpython_lock_tell(struct cpython_stream *stream, uint64_t time, struct cpython_lock *lock);
/** A place in the source that names a lock: the `item`th manager of line `line` of `code`, whose
 * first local is `self` (0: not known). Without a line it is none. */
struct cpython_spot {
	const struct cpython_code *code;
	uint32_t line;
	unsigned item;
	uint64_t self;
};
/** Is it what one function calls a lock (an argument, a local variable)? */
bool cpython_lock_name_is_local(const char *name);
/** Names it from such a place. 0 or -ENOMEM. */
int cpython_lock_name(struct cpython_translator *t, struct cpython_stream *stream, uint64_t time,
                      struct cpython_lock *lock, const struct cpython_spot *spot);
/** The lock inside a Condition; `inner` 0: only if it is known. NULL: it is not. */
struct cpython_lock *cpython_lock_of_condition(struct cpython_translator *t,
                                               struct cpython_stream *stream, uint64_t condition,
                                               uint64_t inner);
/** `lock` is taken, or shown to be held, at a place by `task`: tells its end if that must be
 * another one at its address (cpython_lock_other.c). `flags`: what the programs say of that,
 * CPYTHON_LOCK_OTHER or _SAME. 0 or -ENOMEM. */
int cpython_lock_other(struct cpython_translator *t, struct cpython_stream *stream,
                       struct cpython_task *task, uint64_t time, struct cpython_lock *lock,
                       const struct cpython_spot *spot, unsigned flags);
/** Names it from a line of the chain `id` stands for that has an acquire() call in it. 0 or
 * -ENOMEM. */
int cpython_lock_name_acquired(struct cpython_translator *t, struct cpython_stream *stream,
                               uint64_t time, struct cpython_lock *lock, uint64_t id);

/* cpython_sections.c */
/** The lock is no more, and what comes at its address is another one of the same type. 0 or
 * -ENOMEM. */
int cpython_lock_end(struct cpython_translator *t, struct cpython_stream *stream, uint64_t time,
                     struct cpython_lock *lock);
/** How often `task` holds it. */
uint32_t cpython_held_times(const struct cpython_task *task, const struct cpython_lock *lock);
/** What `task` holds of `lock`, or NULL. */
struct cpython_held *cpython_held_find(struct cpython_task *task, const struct cpython_lock *lock);
/** Of a semaphore, which a task may hold several times: what the walk has not marked yet. */
struct cpython_held *cpython_held_unmarked(struct cpython_task *task,
                                           const struct cpython_lock *lock);
/** So many permits of a lock were seen to be free, beside those that are out. */
void cpython_permits_seen(struct cpython_lock *lock, uint32_t permits);
/** It holds it no more; nothing is told. */
void cpython_held_drop(struct cpython_task *task, struct cpython_held *held);
/** Tells the end of a section, some time between `from` and `to`. 0 or -ENOMEM. */
int cpython_section_freed(struct cpython_stream *stream, struct cpython_task *holder,
                          struct cpython_held *held, uint32_t releaser, uint64_t from, uint64_t to);
/** The section of whoever is believed to hold `lock` is over by `to`. 0 or -ENOMEM. */
int cpython_holder_freed(struct cpython_stream *stream, struct cpython_lock *lock,
                         uint32_t releaser, uint64_t to);
/** The task a section of `lock` belongs to: who made `task`, when all that does is to acquire it.
 */
struct cpython_task *cpython_section_owner(struct cpython_translator *t, struct cpython_task *task,
                                           const struct cpython_lock *lock);
/** Tells the begin of a section; `from` 0: seen itself, at `time`. 0 or -ENOMEM. */
int cpython_section_taken(struct cpython_translator *t, struct cpython_stream *stream,
                          struct cpython_task *task, struct cpython_lock *lock, uint64_t site,
                          uint64_t from, uint64_t time);
/** A thread lock that was not free blocked the thread: by now the task has it. 0 or -ENOMEM. */
int cpython_thread_wait_over(struct cpython_translator *t, struct cpython_stream *stream,
                             struct cpython_task *task, uint64_t now);
/** Tells that `task` waits for `lock`. 0 or -ENOMEM. */
int cpython_section_waits(const struct cpython_translator *t, struct cpython_stream *stream,
                          struct cpython_task *task, struct cpython_lock *lock, uint64_t site,
                          uint64_t time);

#endif
