/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * subject.h - the process that attach, run and record trace: found or started,
 * with the source of events that fits it.
 */
#ifndef CLI_SUBJECT_H
#define CLI_SUBJECT_H

#include "command.h"
#include "event/source.h"
#include "target/spawn.h"
#include "target/target.h"

struct analysis;
struct cpython_fact_log;
struct join_watch;

struct subject {
	const struct settings *settings;
	struct target *target;
	struct source *source;
	struct spawn spawn;
	bool started;             /* by us: `spawn` is valid */
	const char *command_name; /* of what was started: argv[0] */
	int exit_status; /* subject_finish: of what was started; 128 + n: signal n ended it */
	struct join_watch *watch;       /* of a Python program: what is to be watched */
	struct cpython_fact_log *facts; /* --facts: where they are kept; NULL: they are not */
	char *directory;                /* of the file transport; NULL: not used */
};

/**
 * Finds process `pid_text` and attaches to it. Returns a status; a message has been printed.
 * With --duration the clock does not run yet.
 */
int subject_attach(struct subject *subject, const struct command *command,
                   const struct settings *settings, const char *pid_text);

/**
 * Starts argv[0] and attaches to it before its first step; it is held until
 * subject_release. Takes the file transport where eBPF is not permitted, and
 * says so on stderr. Returns a status; a message has been printed.
 */
int subject_start(struct subject *subject, const struct settings *settings, char *const argv[]);

/**
 * Lets a program that was started run. Signals are passed on to it from here.
 * Returns a status: one held before exec shows only now that it cannot be executed.
 */
int subject_release(struct subject *subject);

/**
 * Waits for a program that was started (unless Ctrl-C was pressed twice: then
 * it is left running, and its exit_status is 0), sets exit_status, and tells on
 * stderr how it ended when that was not with status 0. `ended_here`: --duration
 * was over, and it was sent SIGTERM, whose death is no failure of it. Returns a
 * status: STATUS_FAILED if nothing of it could be seen.
 */
int subject_finish(struct subject *subject, bool ended_here);

/** Lets the analysis ask what the source of a Python program says, until subject_close. */
void subject_source(const struct subject *subject, struct analysis *analysis);

/** Detaches, frees, removes the file transport's folder. */
void subject_close(struct subject *subject);

/** Opens process `pid_text` for whatever needs no source. Returns a status; a message has been
 * printed. */
int subject_find(const struct command *command, const char *pid_text, struct target **out);

#endif
