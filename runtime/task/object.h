/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * object.h - what the things have in common that tasks wait for and hold.
 *
 * All ids (of tasks, locks, futures, ...) come from one counter of the process
 * and are never used twice.
 */
#ifndef RUNTIME_OBJECT_H
#define RUNTIME_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include <awaitness/inspect.h>

#include "list.h"

struct aw_loop;
struct aw_task;

/** A new id, never 0. Thread-safe. */
uint64_t object_id(void);

/** Copies a name (NULL: none) into a fixed field, cut to fit. */
void object_name_copy(char to[AW_INSPECT_NAME], const char *name);

/** A future, event, queue, condition: something with an id and perhaps a name. */
struct object {
	uint64_t id;
	uint64_t loop;  /* id of the loop where it was first waited for; 0: nowhere yet */
	uint32_t epoch; /* of the recording in which it was last defined */
	char name[AW_INSPECT_NAME];
};

void object_init(struct object *object, const char *name);

/**
 * Binds what has the field *loop to this thread's loop, as its first use in a task does.
 * 0, or -EXDEV: bound to another that runs still.
 */
int object_bind(uint64_t *loop);

/** What Lock, Semaphore and RWLock share. */
struct lock_base {
	struct aw_inspect_lock inspect; /* first: read from outside */
	uint64_t *link;                 /* what points to this lock in the root's list */
	uint64_t loop;                  /* as in struct object */
	struct list waiters;            /* struct waiter, first come first */
	struct list held;               /* in its owner's list of locks held */
	uint32_t epoch;
	uint8_t permits;   /* initial permits, for LOCK_NEW; 0 for other locks */
	bool exclusive;    /* one task has it at a time, who is its holder */
	bool of_condition; /* tell LOCK_CONDITION */
	bool waiver;       /* tell LOCK_WAIVER */
};

/** Fills it in; nobody knows of it yet. */
void lock_base_setup(struct lock_base *lock, enum aw_lock_type type, uint32_t permits,
                     const char *name, uint64_t site);
/** The same, enters the lock in the root's list and tells LOCK_NEW. */
void lock_base_init(struct lock_base *lock, enum aw_lock_type type, uint32_t permits,
                    const char *name, uint64_t site);
/** Takes it out of the list; asserts that nobody waits. */
void lock_base_fini(struct lock_base *lock, uint64_t site);

/** The current task has taken it: it is the holder. Tells LOCK_TAKEN. */
void lock_base_taken(struct lock_base *lock, enum aw_mode mode, uint64_t site);
/** It is about to be freed: no holder any more. Tells LOCK_FREED. */
void lock_base_freed(struct lock_base *lock, enum aw_mode mode, uint64_t site);

#endif
