/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_program.h - runs a program of tests/programs/python, for the tests that look at it from
 * outside: with /usr/bin/python3 or, where PYTHON is set in the environment, with that one.
 */
#ifndef PYTHON_PROGRAM_H
#define PYTHON_PROGRAM_H

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct program {
	pid_t pid;
	FILE *in;
	int out;
	char text[16384]; /* what it has printed */
	size_t used;
};

static inline const char *python(void)
{
	const char *path = getenv("PYTHON");

	return path ? path : "/usr/bin/python3";
}

/* Starts tests/programs/python/NAME.py, its stdin and stdout connected to this process. */
static inline void program_start(struct program *program, const char *name)
{
	int in[2], out[2];
	char path[256];

	memset(program, 0, sizeof(*program));
	snprintf(path, sizeof(path), "tests/programs/python/%s.py", name);
	cr_assert_eq(pipe(in) | pipe(out), 0);
	program->pid = fork();
	if (!program->pid) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		for (int fd = 3; fd < 64; fd++)
			close(fd);
		execl(python(), python(), path, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	program->in = fdopen(in[1], "w");
	program->out = out[0];
}

/* Reads what there is; true when the program has printed the line `until`. */
static inline bool program_said(struct program *program, const char *until, int timeout_ms)
{
	struct timeval timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
	fd_set set;
	ssize_t n;

	FD_ZERO(&set);
	FD_SET(program->out, &set);
	if (select(program->out + 1, &set, NULL, NULL, &timeout) > 0) {
		n = read(program->out, program->text + program->used,
		         sizeof(program->text) - 1 - program->used);
		cr_assert_gt(n, 0, "the program ended: %s", program->text);
		program->used += n;
	}
	return strstr(program->text, until) != NULL;
}

/* Does its main thread wait for something else than the GIL? True also where the kernel does not
 * say. */
static inline bool program_waits(const struct program *program)
{
	char path[64];
	long number = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/syscall", program->pid);
	file = fopen(path, "r");
	if (!file)
		return true;
	if (fscanf(file, "%ld", &number) != 1) /* "running" */
		number = -1;
	fclose(file);
	return number >= 0 && number != SYS_futex && number != SYS_write;
}

/*
 * Has it printed its last line, and suspended since? Where it prints that, a step goes on, on a
 * busy machine for longer than a test could guess.
 */
static inline bool program_done(struct program *program)
{
	return program_said(program, "done\n", 1) && program_waits(program);
}

/* Ends its input, and waits for its end: it must be a clean one. */
static inline void program_end(struct program *program)
{
	int status;

	fclose(program->in);
	cr_assert_eq(waitpid(program->pid, &status, 0), program->pid);
	cr_assert(WIFEXITED(status) && !WEXITSTATUS(status), "the target was harmed: status %x",
	          status);
	close(program->out);
}

#endif
