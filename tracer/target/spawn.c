// SPDX-License-Identifier: BSD-2-Clause
/*
 * spawn.c - a child held at its entry point by one breakpoint.
 *
 * The child asks to be traced and executes. At the stop that follows, the
 * entry address comes from its auxiliary vector (AT_ENTRY; getauxval(3)) and a
 * trap instruction is put there. When it traps, the dynamic linker is through.
 * The original instruction goes back, and the child is left in a group-stop.
 */
#include "spawn.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "executable.h"

/* The child reports over a close-on-exec pipe: an errno, or nothing if exec worked. */
enum child_wish { WISH_TRACE, WISH_GATE };

static void environment_extend(char *const extra[])
{
	for (size_t i = 0; extra && extra[i]; i++)
		putenv(extra[i]);
}

/* Executes as execvp(3) does, but hands only what is text to the shell: another machine's program
 * is no script. Returns an errno. */
static int child_execute(char *const argv[])
{
	char path[PATH_MAX];
	int code = executable_find(argv[0], path);

	if (code)
		return -code;
	execv(path, argv);
	code = errno;
	if (code == ENOEXEC && executable_is_text(path)) {
		execvp(argv[0], argv);
		code = errno;
	}
	return code;
}

/* In the child. `gate`: a byte from it lets go. Never returns. */
static void child_run(char *const argv[], char *const extra[], int report, int gate,
                      enum child_wish wish)
{
	int code = 0;
	char byte;

	environment_extend(extra);
	if (wish == WISH_TRACE && ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		code = EPERM;
	if (wish == WISH_GATE) {
		/* Told to run by a byte; the other end closed without one means: do not. */
		if (read(gate, &byte, 1) != 1)
			_exit(127);
		close(gate);
	}
	if (!code)
		code = child_execute(argv);
	if (write(report, &code, sizeof(code)) != sizeof(code))
		_exit(126);
	_exit(127);
}

static int wait_for(pid_t pid, int *status)
{
	pid_t got;

	do
		got = waitpid(pid, status, __WALL);
	while (got < 0 && errno == EINTR);
	return got == pid ? 0 : -errno;
}

/* Lets the child run until it stops by a trap. Signals it gets on the way are delivered. -ECHILD:
 * it has ended, as `spawn` tells. */
static int trap_wait(struct spawn *spawn, bool running)
{
	pid_t pid = spawn->pid;
	int code, signal = 0;

	for (;;) {
		if (!running && ptrace(PTRACE_CONT, pid, NULL, signal))
			return -errno;
		running = false;
		code = wait_for(pid, &spawn->status);
		spawn->reaped = !code && !WIFSTOPPED(spawn->status);
		if (code || spawn->reaped)
			return code ? code : -ECHILD;
		signal = WSTOPSIG(spawn->status);
		if (signal == SIGTRAP)
			return 0;
	}
}

#ifdef __x86_64__
/* AT_ENTRY of a stopped child; 0: not found. */
static uint64_t entry_find(pid_t pid)
{
	char path[64];
	Elf64_auxv_t pair;
	uint64_t entry = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/auxv", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	while (!entry && read(fd, &pair, sizeof(pair)) == sizeof(pair) && pair.a_type != AT_NULL)
		if (pair.a_type == AT_ENTRY)
			entry = pair.a_un.a_val;
	close(fd);
	return entry;
}

/* Takes a child that has just executed to its entry point. */
static int entry_reach(struct spawn *spawn)
{
	pid_t pid = spawn->pid;
	uint64_t entry = entry_find(pid);
	struct user_regs_struct registers;
	long original;
	int code;

	/* Who would run into a trap that nobody takes away is to end at once, before its first
	 * step. */
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_EXITKILL))
		return -errno;
	errno = 0;
	original = entry ? ptrace(PTRACE_PEEKTEXT, pid, entry, NULL) : -1;
	if (!entry || errno || ptrace(PTRACE_POKETEXT, pid, entry, (original & ~0xffl) | 0xcc))
		return errno ? -errno : -ENOEXEC;
	code = trap_wait(spawn, false);
	if (code)
		return code;
	if (ptrace(PTRACE_GETREGS, pid, NULL, &registers))
		return -errno;
	if (registers.rip != entry + 1)
		return -EPROTO;
	registers.rip = entry;
	if (ptrace(PTRACE_POKETEXT, pid, entry, original) ||
	    ptrace(PTRACE_SETREGS, pid, NULL, &registers))
		return -errno;
	return 0;
}
#else
/* Elsewhere it stays at its very first instruction: libraries are not mapped yet. */
static int entry_reach(struct spawn *spawn)
{
	(void)spawn;
	return 0;
}
#endif

/* Waits for the child's exec, takes it to its entry and leaves it stopped, no longer traced. */
static int child_hold(struct spawn *spawn)
{
	pid_t pid = spawn->pid;
	int status = 0, code = trap_wait(spawn, true);

	if (!code)
		code = entry_reach(spawn);
	if (!code && ptrace(PTRACE_DETACH, pid, NULL, SIGSTOP))
		code = -errno;
	/* The stop signal takes effect when the child next runs: wait until it has. */
	if (!code && (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))) {
		spawn->status = status;
		spawn->reaped = WIFEXITED(status) || WIFSIGNALED(status);
		code = -ECHILD;
	}
	return code;
}

static void child_kill(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	while (!wait_for(pid, &status) && !WIFEXITED(status) && !WIFSIGNALED(status))
		;
}

/* Starts the child. Returns 0, or a negative errno; `report_fd` is the reading end. */
static int child_start(struct spawn *spawn, char *const argv[], char *const extra[],
                       enum child_wish wish, int *report_fd)
{
	int report[2], gate[2];

	if (pipe2(report, O_CLOEXEC))
		return -errno;
	if (pipe2(gate, O_CLOEXEC)) {
		close(report[0]);
		close(report[1]);
		return -errno;
	}
	spawn->pid = fork();
	if (!spawn->pid) {
		close(gate[1]);
		child_run(argv, extra, report[1], gate[0], wish);
	}
	close(report[1]);
	close(gate[0]);
	spawn->gate = gate[1];
	*report_fd = report[0];
	if (spawn->pid < 0) {
		close(report[0]);
		close(gate[1]);
		spawn->gate = -1;
		return -errno;
	}
	spawn_guard_tell(&spawn->guard, spawn->pid);
	return 0;
}

/* What the child reported: 0: it executes, else a negative errno. */
static int report_read(int fd)
{
	int code = 0;
	ssize_t n = read(fd, &code, sizeof(code));

	close(fd);
	return n == sizeof(code) ? -code : 0;
}

static int open_traced(struct spawn *spawn, char *const argv[], char *const extra[])
{
	int report = -1, held, code = child_start(spawn, argv, extra, WISH_TRACE, &report);

	if (code)
		return code;
	close(spawn->gate);
	spawn->gate = -1;
	spawn->held = SPAWN_AT_ENTRY;
	held = child_hold(spawn);
	/* Once it is reaped its pid may be another's. A child that is there, but was not held,
	 * would never close the pipe. */
	if (held && !spawn->reaped)
		child_kill(spawn->pid);
	code = report_read(report);
	if (held)
		spawn->pid = -1;
	return code ? code : held;
}

/* Held by its own reading of a pipe, not yet executed. */
static int open_gated(struct spawn *spawn, char *const argv[], char *const extra[])
{
	spawn->held = SPAWN_BEFORE_EXEC;
	return child_start(spawn, argv, extra, WISH_GATE, &spawn->report);
}

int spawn_open(struct spawn *spawn, char *const argv[], char *const extra[])
{
	int code;

	*spawn = (struct spawn){.pid = -1, .gate = -1, .report = -1};
	/* Without one (no more processes) the program can be started all the less. */
	code = spawn_guard_open(&spawn->guard);
	if (!code)
		code = open_traced(spawn, argv, extra);
	if (code == -EPERM) {
		spawn_guard_close(&spawn->guard);
		*spawn = (struct spawn){.pid = -1, .gate = -1, .report = -1};
		code = open_gated(spawn, argv,
		                  extra); /* it needs none: it waits for this process */
	}
	if (code)
		spawn_guard_close(&spawn->guard);
	return code;
}

int spawn_release(struct spawn *spawn)
{
	char byte = 1;
	int code;

	spawn->released = true;
	if (spawn->held == SPAWN_AT_ENTRY)
		return kill(spawn->pid, SIGCONT) ? -errno : 0;
	code = write(spawn->gate, &byte, 1) == 1 ? report_read(spawn->report) : -ESRCH;
	close(spawn->gate);
	spawn->gate = -1;
	spawn->report = -1;
	return code;
}

int spawn_wait(struct spawn *spawn, bool block)
{
	pid_t got;

	if (spawn->reaped)
		return 1;
	do
		got = waitpid(spawn->pid, &spawn->status, block ? 0 : WNOHANG);
	while (got < 0 && errno == EINTR && block);
	if (got < 0)
		return -errno;
	spawn->reaped = got == spawn->pid;
	return spawn->reaped;
}

void spawn_close(struct spawn *spawn)
{
	if (spawn->gate >= 0)
		close(spawn->gate);
	if (spawn->report >= 0)
		close(spawn->report);
	spawn->gate = spawn->report = -1;
	if (spawn->pid > 0 && !spawn->released && !spawn->reaped)
		child_kill(spawn->pid);
	spawn_guard_close(&spawn->guard);
}
