/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_session.h - live events of an unmodified CPython asyncio process.
 *
 * Attaches one plain uprobe to the function that runs a task's step (found in
 * the ELF files, never at a fixed address), and is a struct source from then
 * on: the events are those of event.h, definitions included, so that whoever
 * takes the events of the C runtime takes these. Nothing is installed in the
 * target and nothing stops it.
 */
#ifndef CPYTHON_SESSION_H
#define CPYTHON_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <awaitness/watch.h>

#include "base/fault.h"
#include "event/source.h"

/** How much is seen, and so how much it costs; each level includes those before it. */
enum cpython_detail {
	CPYTHON_STEPS,  /* steps, suspensions with their await chains, locks held there */
	CPYTHON_LOCKS,  /* every acquisition by `with`, and its end by the lock's own state */
	CPYTHON_AWAITS, /* passes of every await; explicit acquire() calls too */
	CPYTHON_ALL     /* who woke whom */
};

#define CPYTHON_DETAILS 4

/** The word for a level, as `--detail` takes it; NULL: no such level. */
const char *cpython_detail_text(enum cpython_detail detail);

struct cpython_fact_log;

struct cpython_session_options {
	pid_t pid;
	enum cpython_detail detail;
	uint32_t duty_on_ms;     /* traced this long ... */
	uint32_t duty_period_ms; /* ... out of this long; 0: all the time */
	size_t ring_bytes;       /* a power of two; 0: 16 MiB */
	uint32_t scratch_fails;  /* for tests: one claim of a scratch area in so many; 0: none */
	bool starting;     /* it is held at its entry (spawn.h): attach when asyncio is loaded */
	aw_watch_fn watch; /* makes what is to be watched; NULL: nothing is */
	void *watch_context;
	uint32_t *ids; /* see cpython_translate_options */
	uint64_t sites_from;
	struct cpython_fact_log *log; /* likewise; not with `ids` */
};

/**
 * Is `pid` a CPython process? Returns 1 and its version as (major << 8 | minor), 0 when it is
 * not, or a negative errno (-ESRCH, -EACCES).
 */
int cpython_detect(pid_t pid, unsigned *version);

/**
 * Finds the interpreter, checks that its layout is the known one and attaches.
 * When it fails, `fault` (may be NULL) says what was not found and what to do.
 *
 * Returns 0, -ENOTSUP (no CPython, a version or build that is not known, or
 * asyncio is not loaded), -ESRCH, -EACCES/-EPERM or another negative errno.
 * The source is used by one thread; close it with its ops. The first poll
 * delivers TARGET, whose AW_CAN_* bits say what the level sees.
 */
int cpython_session_open(const struct cpython_session_options *options, struct source **out,
                         struct fault *fault);

/** Loads the programs as cpython_session_open does, and throws them away (session_trial.h). */
struct session_trial;
void cpython_session_try(struct session_trial *out);

#endif
