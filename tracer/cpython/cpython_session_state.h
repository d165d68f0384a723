/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_session_state.h - what the parts of a CPython session share. For cpython_session*.c
 * alone.
 */
#ifndef CPYTHON_SESSION_STATE_H
#define CPYTHON_SESSION_STATE_H

#include "cpython_session.h"
#include "cpython_session_attach.h"
#include "cpython_session_watch.h"
#include "cpython_translate.h"
#include "target/kept_memory.h"
#include "load/session_missed.h"
#include "target/target.h"

struct cpython_session {
	struct source source; /* first */
	struct cpython_session_options options;
	struct target *target;
	struct kept_memory *memory; /* of the target, kept until all is read */
	uint64_t memory_look;       /* ns: when to see next whether it is still the target's */
	struct cpython_found found;
	struct cpython_attachment *attachment;
	struct cpython_translator *translator;
	struct cpython_watch *watch; /* NULL: no cells are watched */
	pid_t pid;
	bool described;
	enum { STAGE_LOADING, STAGE_FIRST, STAGE_RUNNING } stage; /* of a target that is starting */
	bool held;                                                /* it was stopped ... */
	bool first_step; /* ... before its first step, not while it loads modules */
	uint64_t turn; /* ns: when the present window, or the pause after it, ends; 0: no windows */
	bool paused;
	bool stopped;
	bool probing; /* by all probes of its level */
	bool makers;  /* there are tasks of whose making no queue tells: that is probed */
	int error;    /* the first of what facts asked for */
	uint64_t batches;
	struct session_missed missed;
};

/** Opens the attachment, finds and attaches. 0 or a negative errno with a message. */
int cpython_session_start(struct cpython_session *session, struct fault *fault);

/** Goes on with a target that was stopped: first to its first step, then for good. 0 or a negative
 * errno. */
int cpython_session_stage(struct cpython_session *session);

/** All probes but that of steps (CPYTHON_PROBE_*), from now on. */
unsigned cpython_session_probes(struct cpython_session *session);

#endif
