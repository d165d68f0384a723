/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_session_watch.h - the cells that a CPython session watches over awaits.
 *
 * Reads which files the target is made of, asks for the windows in them
 * (watch.h), and tells the BPF programs and the translator.
 */
#ifndef CPYTHON_SESSION_WATCH_H
#define CPYTHON_SESSION_WATCH_H

#include <awaitness/watch.h>

#include "cpython_session_attach.h"
#include "cpython_translate.h"

struct cpython_watch;

struct cpython_watch_options {
	pid_t pid;
	uint64_t start_time; /* clock ticks after boot */
	bool cells;          /* they can be watched in this version; else the source is only read */
	struct cpython_memory memory;
	struct cpython_target *target; /* gets to know that there are cells */
	struct cpython_attachment *attachment;
	struct cpython_translator *translator;
	struct cpython_fact_log *log; /* keeps what they are; NULL: nobody does */
	aw_watch_fn fn;
	void *context;
};

/** Takes as long as the windows take to make: about a second for 10 MB of Python. Returns 0, also
 * when there is nothing to watch, or a negative errno; the session goes on without it. */
int cpython_watch_open(const struct cpython_watch_options *options, struct cpython_watch **out);

/** Reads the target anew where it has loaded more since, for what is concluded from its source.
 * What is watched stays. Nothing to do for one that has ended. */
void cpython_watch_again(struct cpython_watch *watch);
/** Are there cells that are watched, or could be? */
bool cpython_watch_sees(const struct cpython_watch *watch); /* takes NULL */
void cpython_watch_close(struct cpython_watch *watch);      /* takes NULL */

#endif
