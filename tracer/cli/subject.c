/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * subject.c - the process that is traced: found by its id, or started.
 */
#include "subject.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analysis.h"
#include "kernel/capability.h"
#include "cpython/cpython_fact_log.h"
#include "cpython/cpython_follow.h"
#include "cpython/cpython_session.h"
#include "duration.h"
#include "target/executable.h"
#include "kernel/feature.h"
#include "native/file_transport.h"
#include "interrupt.h"
#include "options.h"
#include "progress.h"
#include "native/session.h"
#include "source/join/join_watch.h"

/* What a busy program on our runtime tells in 0.1 s: as long may this one be kept from running. */
#define RING_BYTES (64u << 20)

/* What symbols still need when the descriptors are open: the maps and the files of the target. */
#define KEEP (CAPABILITY_BIT(CAP_SYS_PTRACE) | CAPABILITY_BIT(CAP_DAC_READ_SEARCH))

int subject_find(const struct command *command, const char *pid_text, struct target **out)
{
	pid_t pid;
	int err;

	if (options_pid(pid_text, &pid))
		return fail_usage(command, "'%s' is no process id", pid_text);
	err = target_open(pid, out);
	switch (err) {
	case 0:
		return STATUS_CLEAN;
	case -ESRCH:
		return fail("there is no process %d", (int)pid);
	case -EACCES:
	case -EPERM:
		return fail("not permitted to look at process %d: run as its user, as root, or "
		            "with CAP_SYS_PTRACE",
		            (int)pid);
	}
	return fail("cannot look at process %d: %s", (int)pid, strerror(-err));
}

/* A target without anything that tells events. */
static int subject_refuse(const struct target *target)
{
	return fail("process %d (%.100s) is no CPython and carries no awaitness runtime and no "
	            "awaitness probes: "
	            "link it with libawaitness, or put probe.h into its own runtime",
	            (int)target->pid, target->command);
}

static int subject_fault(const struct subject *subject, const struct fault *fault, int err)
{
	if (*fault->message)
		return fail("%s", fault->message);
	return fail("cannot attach to process %d: %s; awaitness doctor tells what is missing",
	            (int)subject->target->pid, strerror(-err));
}

/* Stock CPython. Capabilities are kept: it attaches to more while it runs (--follow, a start). */
static int subject_cpython(struct subject *subject)
{
	static const enum cpython_detail details[] = {
		[DETAIL_LOCKS] = CPYTHON_LOCKS,
		[DETAIL_STEPS] = CPYTHON_STEPS,
		[DETAIL_AWAITS] = CPYTHON_AWAITS,
		[DETAIL_ALL] = CPYTHON_ALL,
	};
	const struct settings *settings = subject->settings;
	struct cpython_session_options options = {.pid = subject->target->pid,
	                                          .detail = details[settings->detail],
	                                          .starting = subject->started,
	                                          .watch = settings->no_cells ? NULL
	                                                                      : join_watch_windows};
	struct fault fault = {0};
	uint64_t on, period;
	int err;

	if (settings->duty) {
		if (duration_parse_share(settings->duty, &on, &period))
			return fail_usage(NULL, "--duty cannot be '%s': write 1s/10s",
			                  settings->duty);
		options.duty_on_ms = (uint32_t)(on / 1000000);
		options.duty_period_ms = (uint32_t)(period / 1000000);
	}
	subject->watch = join_watch_new();
	if (!subject->watch)
		return fail("not enough memory");
	options.watch_context = subject->watch;
	options.log = subject->facts;
	err = settings->follow ? cpython_follow_open(&options, &subject->source, &fault)
	                       : cpython_session_open(&options, &subject->source, &fault);
	return err ? subject_fault(subject, &fault, err) : STATUS_CLEAN;
}

static int subject_session(struct subject *subject)
{
	struct session_options options = {.target = subject->target, .ring_bytes = RING_BYTES};
	struct fault fault = {0};
	int err;

	if (!(subject->target->runtimes & (TARGET_LOG | TARGET_PROBES)))
		return subject->target->runtimes & TARGET_CPYTHON || subject->settings->follow
		               ? subject_cpython(subject)
		               : subject_refuse(subject->target);
	if (subject->settings->follow)
		return fail(
			"--follow follows Python processes, and process %d (%.100s) carries the "
			"awaitness runtime",
			(int)subject->target->pid, subject->target->command);
	err = session_open(&options, &subject->source, &fault);
	if (err)
		return subject_fault(subject, &fault, err);
	capability_keep(KEEP); /* what is not given up here is only not given up */
	return STATUS_CLEAN;
}

/* --facts: what it can keep are the facts of one Python process. */
static int subject_facts(struct subject *subject)
{
	const struct settings *settings = subject->settings;
	struct fault fault = {0};

	if (!settings->facts)
		return STATUS_CLEAN;
	if (settings->follow)
		return fail_usage(NULL,
		                  "--facts keeps the facts of one process: not with --follow");
	if (!(subject->target->runtimes & TARGET_CPYTHON))
		return fail("--facts keeps facts about a Python program, and process %d (%.100s) "
		            "is none",
		            (int)subject->target->pid, subject->target->command);
	if (cpython_fact_log_open(settings->facts, settings->force, &subject->facts, &fault))
		return fail("%s", fault.message);
	return STATUS_CLEAN;
}

int subject_attach(struct subject *subject, const struct command *command,
                   const struct settings *settings, const char *pid_text)
{
	int status;

	*subject = (struct subject){.settings = settings};
	status = subject_find(command, pid_text, &subject->target);
	if (status == STATUS_CLEAN)
		status = subject_facts(subject);
	return status == STATUS_CLEAN ? subject_session(subject) : status;
}

static int directory_make(struct subject *subject)
{
	const char *base = getenv("TMPDIR");

	if (asprintf(&subject->directory, "%s/awaitness.XXXXXX", base && *base ? base : "/tmp") < 0)
		subject->directory = NULL;
	if (subject->directory && mkdtemp(subject->directory))
		return STATUS_CLEAN;
	fail("cannot make a folder for the file transport, %s: %s (TMPDIR says where)",
	     subject->directory ? subject->directory : "in memory", strerror(errno));
	free(subject->directory);
	subject->directory = NULL;
	return STATUS_FAILED;
}

static void directory_remove(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(path);
}

/* What was started has ended, or never began. */
static int spawn_fault(const struct spawn *spawn, const char *name, int err)
{
	char why[320];

	if (err != -ECHILD || !spawn->reaped) {
		executable_explain(name, err, why, sizeof(why));
		return fail("cannot start %.200s: %s", name, why);
	}
	if (WIFSIGNALED(spawn->status))
		return fail("%.200s was ended by signal %d (%s) before its first step", name,
		            WTERMSIG(spawn->status), strsignal(WTERMSIG(spawn->status)));
	return fail("%.200s exited with status %d before its first step: what it printed stands "
	            "above (a library that is not found? ldd tells)",
	            name, WEXITSTATUS(spawn->status));
}

static int subject_spawn(struct subject *subject, char *const argv[])
{
	char log[4096 + 32], *extra[] = {log, NULL};
	int err;

	if (subject->directory)
		snprintf(log, sizeof(log), FILE_TRANSPORT_ENV "=%s", subject->directory);
	err = spawn_open(&subject->spawn, argv, subject->directory ? extra : NULL);
	if (err)
		return spawn_fault(&subject->spawn, argv[0], err);
	subject->started = true;
	return STATUS_CLEAN;
}

/* A program that is held before exec is still this program: it is told of by its command line. */
static struct target *target_before_exec(pid_t pid, char *const argv[])
{
	struct target *target = calloc(1, sizeof(*target));
	size_t room = 1;
	char *command;

	for (char *const *a = argv; *a; a++)
		room += strlen(*a) + 1;
	command = calloc(1, room);
	if (!target || !command) {
		free(target);
		free(command);
		return NULL;
	}
	for (char *const *a = argv; *a; a++) {
		strcat(command, a == argv ? "" : " ");
		strcat(command, *a);
	}
	target->pid = target->inner_pid = pid;
	target->command = command;
	return target;
}

static int subject_look(struct subject *subject, char *const argv[])
{
	int err;

	if (subject->spawn.held == SPAWN_BEFORE_EXEC) {
		subject->target = target_before_exec(subject->spawn.pid, argv);
		return subject->target ? STATUS_CLEAN : fail("not enough memory");
	}
	err = target_open(subject->spawn.pid, &subject->target);
	return err ? fail("cannot look at %s, which was started: %s", argv[0], strerror(-err))
	           : STATUS_CLEAN;
}

static int subject_files(struct subject *subject)
{
	struct file_transport_options options = {.directory = subject->directory,
	                                         .pid = subject->spawn.pid,
	                                         .target = subject->target};
	int err;

	if (subject->target->runtimes & TARGET_CPYTHON && !(subject->target->runtimes & TARGET_LOG))
		return fail("%.100s is a Python program, which is traced through eBPF only; "
		            "awaitness doctor tells why that does not work here",
		            subject->target->command);
	if (subject->spawn.held == SPAWN_AT_ENTRY && !(subject->target->runtimes & TARGET_LOG))
		return subject_refuse(subject->target);
	err = file_transport_open(&options, &subject->source);
	return err ? fail("cannot read the file transport's folder %s: %s", subject->directory,
	                  strerror(-err))
	           : STATUS_CLEAN;
}

/* Which way out? True: files. With --transport auto the reason is told. */
static bool files_wanted(const struct settings *settings)
{
	struct feature rows[FEATURE_COUNT];
	const struct feature *missing;

	if (settings->transport != TRANSPORT_AUTO)
		return settings->transport == TRANSPORT_FILE;
	features_probe(rows);
	missing = features_missing(rows);
	if (!missing)
		return false;
	fprintf(stderr,
	        "awaitness: eBPF does not work here (%s: %s): events go through files instead\n",
	        missing->name, missing->state == FEATURE_OFF ? "switched off" : missing->detail);
	return true;
}

int subject_start(struct subject *subject, const struct settings *settings, char *const argv[])
{
	int status;

	*subject = (struct subject){.settings = settings, .command_name = argv[0]};
	if (files_wanted(settings)) {
		status = directory_make(subject);
		if (status != STATUS_CLEAN)
			return status;
	}
	status = subject_spawn(subject, argv);
	if (status == STATUS_CLEAN)
		status = subject_look(subject, argv);
	if (status == STATUS_CLEAN)
		status = subject_facts(subject);
	if (status == STATUS_CLEAN)
		status = subject->directory ? subject_files(subject) : subject_session(subject);
	return status;
}

int subject_release(struct subject *subject)
{
	int err;

	if (!subject->started)
		return STATUS_CLEAN;
	interrupt_pass_on(subject->spawn.pid);
	err = spawn_release(&subject->spawn);
	/* What is killed while it is held shows when it is waited for. */
	return err && err != -ESRCH ? spawn_fault(&subject->spawn, subject->command_name, err)
	                            : STATUS_CLEAN;
}

/* Held before exec it could not be looked at: what it cannot tell shows at its end. */
static int subject_mute(const struct subject *subject)
{
	struct source_stats stats = {0};

	if (!subject->spawn.released || subject->spawn.held != SPAWN_BEFORE_EXEC ||
	    !subject->source)
		return STATUS_CLEAN;
	subject->source->ops->stats(subject->source, &stats);
	return stats.events || stats.lost
	               ? STATUS_CLEAN
	               : fail("nothing was seen of %.200s: it ran, and told no event; does it "
	                      "carry the awaitness runtime?",
	                      subject->command_name);
}

int subject_finish(struct subject *subject, bool ended_here)
{
	const struct spawn *spawn = &subject->spawn;

	subject->exit_status = 0;
	if (!subject->started || interrupt_count() > 1)
		return STATUS_CLEAN;
	spawn_wait(&subject->spawn, true);
	interrupt_pass_on(0);
	if (!spawn->reaped)
		return STATUS_CLEAN;
	if (WIFSIGNALED(spawn->status)) {
		/* What --duration ends ends as it was asked to. */
		if (!ended_here || WTERMSIG(spawn->status) != SIGTERM)
			subject->exit_status = 128 + WTERMSIG(spawn->status);
		fprintf(stderr, "awaitness: the program was ended by signal %d (%s)\n",
		        WTERMSIG(spawn->status), strsignal(WTERMSIG(spawn->status)));
	} else {
		subject->exit_status = WEXITSTATUS(spawn->status);
		if (subject->exit_status || subject->settings->verbose)
			fprintf(stderr, "awaitness: the program exited with status %d\n",
			        subject->exit_status);
	}
	return subject_mute(subject);
}

void subject_source(const struct subject *subject, struct analysis *analysis)
{
	if (subject->watch)
		analysis_source(analysis, join_watch_source, subject->watch);
}

void subject_close(struct subject *subject)
{
	if (subject->source)
		subject->source->ops->close(subject->source);
	subject->source = NULL;
	cpython_fact_log_close(subject->facts); /* of a session that was not followed to its end */
	subject->facts = NULL;
	join_watch_free(subject->watch);
	subject->watch = NULL;
	if (subject->started)
		spawn_close(&subject->spawn);
	target_close(subject->target);
	subject->target = NULL;
	if (subject->directory)
		directory_remove(subject->directory);
	free(subject->directory);
	subject->directory = NULL;
}
