/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spawn.h - starts the target of `run` and holds it before its first step.
 *
 * The program is executed under ptrace, stopped at its entry point (the
 * dynamic linker has mapped the shared libraries by then, main() has not
 * begun), detached there and left stopped until spawn_release. If this process is killed before
 * that, it never begins; later it goes on by itself, stopped or not (spawn_guard.h). Where ptrace
 * is not permitted it is held before exec instead (`held` says which).
 */
#ifndef TRACER_SPAWN_H
#define TRACER_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "spawn_guard.h"

enum spawn_held {
	SPAWN_AT_ENTRY,   /* all modules are mapped: target_open sees them */
	SPAWN_BEFORE_EXEC /* still this program: only the file transport can be set up */
};

struct spawn {
	pid_t pid;
	enum spawn_held held;
	int gate;   /* internal: both -1 once released */
	int report; /* internal */
	struct spawn_guard guard;
	bool released;
	bool reaped; /* spawn_wait has given its status */
	int status;  /* of waitpid(2), once reaped */
};

/**
 * Starts argv[0] (looked up in PATH) with `extra` ("NAME=value" strings, NULL
 * at the end; may be NULL) added to the environment. Returns 0 when the program
 * is held, or the negative errno of exec (-ENOENT: no such program, or its
 * interpreter is not there) or fork. -ECHILD: it was executed and ended before
 * its entry (the dynamic linker found no library); `reaped` is true then, and
 * `status` tells how. Must be called and waited for from one thread (ptrace).
 */
int spawn_open(struct spawn *spawn, char *const argv[], char *const extra[]);

/** Lets it run. Returns 0, -ESRCH (it was killed meanwhile), or, held before exec, exec's negative
 * errno. */
int spawn_release(struct spawn *spawn);

/** Has it ended? With `block`, waits for that. Returns 1 (status is set), 0 (no) or a negative
 * errno. */
int spawn_wait(struct spawn *spawn, bool block);

/** Kills and reaps what was never released; leaves a running program running. */
void spawn_close(struct spawn *spawn);

#endif
