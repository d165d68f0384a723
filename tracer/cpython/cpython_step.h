/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_step.h - the steps of tasks: how one begins, and how the one before it on the thread
 * ended.
 */
#ifndef CPYTHON_STEP_H
#define CPYTHON_STEP_H

#include "cpython_state.h"

/** What was the step under way is complete now. */
int cpython_step_commit(struct cpython_stream *stream);
/** A wait that ends by itself: told with the suspension (the flag is returned), and with the wait
 * for a lock in its step. Whoever it waits for with a time-out is given up then. */
unsigned cpython_deadline_settle(struct cpython_translator *t, struct cpython_stream *stream,
                                 const struct cpython_task *task,
                                 const struct cpython_chain *chain);

/** How the step before this fact on its thread ended: emits what the task took, freed, waits for.
 * 0, -EPROTO or -ENOMEM, as the others. */
int cpython_step_settle(struct cpython_translator *t, struct cpython_stream *stream,
                        const struct cpython_fact *fact, const struct cpython_item *items);

/** A step begins. */
int cpython_step_enter(struct cpython_translator *t, struct cpython_stream *stream,
                       const struct cpython_fact *fact, const struct cpython_item *items);

/** A task that had suspended before anybody watched goes on: what it holds and waits for. */
int cpython_step_late(struct cpython_translator *t, struct cpython_stream *stream,
                      const struct cpython_fact *fact, const struct cpython_item *items);

#endif
