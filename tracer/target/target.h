/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * target.h - what a process is: its program, its runtimes, its namespaces.
 *
 * Everything is read from /proc/PID and from the ELF files mapped there, found
 * through /proc/PID/root (other mount namespaces, chroots) or /proc/PID/exe
 * and map_files (deleted files). Nothing in the target is stopped or changed.
 * All texts come from the target and are untrusted: escape them when printing.
 */
#ifndef TRACER_TARGET_H
#define TRACER_TARGET_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "event/stream.h"

/** What a target carries; several may be set. */
enum target_runtime {
	TARGET_LOG = 1,     /* our C runtime: the awaitness:log_ship probe */
	TARGET_PROBES = 2,  /* fine-grained awaitness:KIND probes (probe.h) */
	TARGET_CPYTHON = 4, /* a CPython interpreter (exports _PyRuntime) */
	TARGET_ROOT = 8     /* section aw_root: `dump` can read the runtime's structures */
};

#define TARGET_BUILD_ID 40u /* hexadecimal digits at most */

/** A file mapped executable in the target. */
struct target_module {
	char *path;        /* as the target's maps show it, without " (deleted)" */
	char *open_path;   /* where this process can open the same file */
	uint64_t start;    /* lowest address it is mapped at */
	uint64_t end;      /* one past the highest */
	uint64_t bias;     /* run-time address minus ELF address */
	bool deleted;      /* its name is gone, or names another file now */
	unsigned runtimes; /* enum target_runtime bits found in this file */
	uint64_t kinds;    /* bit K: it has a probe for event kind K (enum aw_kind) */
	uint64_t root;     /* run-time address of struct aw_root, 0: none */
	char build_id[TARGET_BUILD_ID + 1]; /* hexadecimal; "": none */
};

/** A process, as it was when target_open looked. */
struct target {
	pid_t pid;       /* as this process knows it */
	pid_t inner_pid; /* as the target itself knows it (other in a child pid namespace) */
	uid_t uid;
	unsigned runtimes;             /* all modules' bits together */
	char *command;                 /* the command line, arguments parted by a blank */
	struct target_module *modules; /* by address; [0 .. module_count) */
	size_t module_count;
	uint64_t start_time; /* clock ticks after boot: with pid, which process it is */
	uint64_t pid_ns_dev; /* its pid namespace, as stat(2) shows /proc/PID/ns/pid */
	uint64_t pid_ns_inode;
	bool other_mount_ns; /* paths in its maps are not paths of ours */
	bool other_pid_ns;
};

/**
 * Looks at process `pid`. Free with target_close. Returns 0, -ESRCH (no such
 * process, or a kernel thread, or one that has ended), -EACCES (no permission
 * to read its /proc: another user's process needs CAP_SYS_PTRACE) or another
 * negative errno.
 */
int target_open(pid_t pid, struct target **out);

void target_close(struct target *target); /* takes NULL */

/** True while the process that target_open saw lives (a re-used pid is told apart; a zombie is
 * dead). */
bool target_alive(const struct target *target);

/** The first module that carries all of `runtimes`, or NULL. */
const struct target_module *target_module_with(const struct target *target, unsigned runtimes);

/** enum aw_can bits that follow from the probes the target carries; AW_CAN_ACCESSES is not among
 * them for our runtime, since only an access seen shows that accesses are marked. */
uint64_t target_can(const struct target *target);

/**
 * Tells what a target is, as definitions on the stream (pid, tid 0), which is
 * the tracer's own: a TARGET event (command, detail, transport as TEXT) and a
 * MODULE event for each mapped file. Fill in the first four fields.
 */
struct target_telling {
	const struct target *target; /* NULL: nothing is told, batches are only passed on */
	const char *transport;       /* static text */
	stream_fn fn;                /* where to; may be changed between calls */
	void *context;
	uint64_t next; /* number of the next record on that stream */
	uint64_t can;  /* told last */
	bool told;
};

/** Tells, if it was not told yet. Returns 0, -ENOMEM or what `fn` returned. */
int target_tell(struct target_telling *telling);

/** A stream_fn (context: a struct target_telling *): passes a batch on to `fn`, having told what
 * the target is before the first batch, and again when the first marked access is seen. */
int target_tell_batch(void *telling, const struct stream_batch *batch);

#endif
