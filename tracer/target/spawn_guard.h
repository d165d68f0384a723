/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spawn_guard.h - sees to it that a program which this process started does not stay stopped for
 * ever when this process is killed.
 *
 * `run` holds its program by stopping it: at its entry, and again when it loads what is to be
 * probed. Whoever dies by SIGKILL in that time lets nobody go on. So a child of this process, which
 * no signal of a terminal reaches, waits for its end, and then lets the program go on.
 */
#ifndef TRACER_SPAWN_GUARD_H
#define TRACER_SPAWN_GUARD_H

#include <sys/types.h>

struct spawn_guard {
	pid_t pid; /* of the guard, 0: there is none */
	int line;  /* to it: the program, then a farewell */
};

/** Starts a guard. 0 or a negative errno; there is none then. */
int spawn_guard_open(struct spawn_guard *guard);

/** Tells it of the program, a child of this process that was not waited for. */
void spawn_guard_tell(struct spawn_guard *guard, pid_t program);

/** Ends it. The program is left as it is. Takes one that was not opened, all zero. */
void spawn_guard_close(struct spawn_guard *guard);

#endif
