/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_follow.h - a Python program with all the processes it starts, as one source.
 *
 * A session (cpython_session.h) for each process that runs asyncio: those there
 * are, and those that come. What is no Python, or has not loaded asyncio, is
 * looked at again until it has or ends: a master of workers, a shell.
 */
#ifndef CPYTHON_FOLLOW_H
#define CPYTHON_FOLLOW_H

#include "cpython_session.h"
#include "target/target.h"

/** Processes followed at once; a later one is told of as not followed. */
#define CPYTHON_FOLLOW_MAX 64

/**
 * Follows options->pid and its descendants. Task, lock and site ids are
 * unique over all of them; events carry the pid of their process. New
 * processes are found within some 200 ms: what they did before is not seen.
 * What could not be attached to is told as a TARGET of unknown runtime, whose
 * detail is the reason. The source has ended when all of them have.
 *
 * Returns 0 or a negative errno with a message in `fault`. It is no error that
 * the first process itself has no tasks.
 */
int cpython_follow_open(const struct cpython_session_options *options, struct source **out,
                        struct fault *fault);

#endif
