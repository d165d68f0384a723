/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spawn_guard.c - see spawn_guard.h.
 *
 * It learns of the end by a socket whose other end nobody else holds. What was sent to stop the
 * program may still be on its way then, and probes that stop it go away a moment later: so it looks
 * for a while. Only a program that is stopped is sent SIGCONT: others might have a handler for
 * that.
 */
#include "spawn_guard.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOKS = 100, LOOK_US = 20000 }; /* 2 s */

/* A number from the line; 0: it has ended. */
static pid_t number_read(int line)
{
	pid_t number;
	ssize_t n;

	do
		n = read(line, &number, sizeof(number));
	while (n < 0 && errno == EINTR);
	return n == sizeof(number) ? number : 0;
}

static bool is_stopped(pid_t pid)
{
	char path[64], text[512], *at;
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[n] = '\0';
	at = strrchr(text, ')');
	return at && at[1] == ' ' && at[2] == 'T';
}

/* Nothing of this process is kept open: whoever reads what it wrote waits for the end of that. */
static void files_close(int line, int program)
{
	int low = line < program ? line : program, high = line < program ? program : line;

	if (low > 0)
		syscall(SYS_close_range, 0, low - 1, 0);
	if (high > low + 1)
		syscall(SYS_close_range, low + 1, high - 1, 0);
	syscall(SYS_close_range, high + 1, ~0u, 0);
}

/* The life of a guard. `line` ends when its maker does. */
static void guard_run(int line)
{
	pid_t program = number_read(line);
	int handle;

	if (!program)
		return;
	/* Its maker has not waited for it yet, so the number is still the program's. */
	handle = (int)syscall(SYS_pidfd_open, program, 0);
	if (handle < 0)
		return;
	files_close(line, handle);
	if (number_read(line))
		return;
	for (unsigned i = 0; i < LOOKS; i++, usleep(LOOK_US))
		if (is_stopped(program) && syscall(SYS_pidfd_send_signal, handle, SIGCONT, NULL, 0))
			return;
}

int spawn_guard_open(struct spawn_guard *guard)
{
	int line[2];

	*guard = (struct spawn_guard){.line = -1};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line))
		return -errno;
	guard->pid = fork();
	if (guard->pid < 0) {
		close(line[0]);
		close(line[1]);
		guard->pid = 0;
		return -errno;
	}
	if (!guard->pid) {
		setsid();
		close(line[1]);
		guard_run(line[0]);
		_exit(0);
	}
	close(line[0]);
	guard->line = line[1];
	return 0;
}

static void number_tell(struct spawn_guard *guard, pid_t number)
{
	/* It may have been killed: then there is nobody to tell. */
	if (guard->pid)
		send(guard->line, &number, sizeof(number), MSG_NOSIGNAL);
}

void spawn_guard_tell(struct spawn_guard *guard, pid_t program)
{
	number_tell(guard, program);
}

void spawn_guard_close(struct spawn_guard *guard)
{
	pid_t got;

	if (!guard->pid)
		return;
	number_tell(guard, guard->pid);
	close(guard->line);
	do
		got = waitpid(guard->pid, NULL, 0);
	while (got < 0 && errno == EINTR);
	*guard = (struct spawn_guard){.line = -1};
}
