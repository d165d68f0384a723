/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_lock_look.h - what the memory of a lock says of it right now.
 */
#ifndef CPYTHON_LOCK_LOOK_H
#define CPYTHON_LOCK_LOOK_H

#include <stdbool.h>

#include "cpython_find.h"
#include "cpython_memory.h"

enum cpython_lock_held { CPYTHON_LOCK_IS_UNKNOWN, CPYTHON_LOCK_IS_FREE, CPYTHON_LOCK_IS_HELD };

struct cpython_lock_look {
	uint32_t id;      /* as events name it */
	uint32_t held;    /* enum cpython_lock_held; a semaphore is held when nothing is free */
	bool counts;      /* a semaphore */
	uint32_t permits; /* of a semaphore: free now */
	uint32_t limit;   /* of a BoundedSemaphore: how many may hold it; 0: not known */
	uint32_t handed;  /* woken by a release, and have not run yet: it is theirs next */
	uint64_t thread; /* a lock of threads: the ident of the thread that owns it; 0: not known */
	uint64_t owner;  /* address of the task that owns it, where the lock knows; 0: not known */
	char word[48];   /* the state as it was read: "_locked is True"; "": it could not be */
};

/** Looks at a lock whose state is read as `how` says. */
void cpython_lock_look(const struct cpython_memory *memory, const struct cpython_target *target,
                       uint64_t lock, const struct cpython_type_value *how,
                       struct cpython_lock_look *out);

#endif
