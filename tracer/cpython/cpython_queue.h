/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_queue.h - where event loops keep the handles that are to run.
 */
#ifndef CPYTHON_QUEUE_H
#define CPYTHON_QUEUE_H

#include "cpython_memory.h"

/**
 * Finds the queue of an event loop (asyncio.BaseEventLoop and what is derived
 * from it). ready: 0: it has none that can be read (uvloop), or it is not known
 * whether it starts tasks at once.
 */
struct cpython_loop_value cpython_queue_find(const struct cpython_memory *memory, uint64_t loop);

/** Calls `fn` for each event loop that has a task, as far as tasks can be read. */
void cpython_queue_loops(const struct cpython_memory *memory, const struct cpython_target *target,
                         void (*fn)(void *context, uint64_t loop), void *context);

#endif
