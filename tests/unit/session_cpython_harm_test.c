/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_cpython_harm_test.c - a target survives whatever its tracer does.
 *
 * The program runs loops in two threads (and in greenlets, where it has them)
 * and checks its own results. CYCLES in the environment: how often to attach.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpython/cpython_session.h"

static int ignore_batch(void *context, const struct stream_batch *batch)
{
	*(size_t *)context += batch->count;
	return 0;
}

static pid_t busy_start(int *in)
{
	const char *python = getenv("PYTHON") ? getenv("PYTHON") : "/usr/bin/python3";
	int to[2], from[2];
	char byte = 0;
	pid_t pid;

	cr_assert_eq(pipe(to) | pipe(from), 0);
	pid = fork();
	if (!pid) {
		dup2(to[0], 0);
		dup2(from[1], 1);
		for (int fd = 3; fd < 64; fd++)
			close(fd);
		execl(python, python, "tests/programs/python/busy.py", (char *)NULL);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	while (byte != '\n')
		cr_assert_eq(read(from[0], &byte, 1), 1);
	close(from[0]);
	*in = to[1];
	usleep(300 * 1000);
	return pid;
}

static void busy_end(pid_t pid, int in)
{
	int status;

	close(in);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect(WIFEXITED(status) && !WEXITSTATUS(status), "the target was harmed: %x", status);
}

Test(session_cpython_harm, attaching_and_detaching_again_and_again_leaves_the_target_unharmed)
{
	const char *cycles = getenv("CYCLES");
	int in;
	pid_t pid = busy_start(&in);

	for (int i = cycles ? atoi(cycles) : 20; i-- > 0;) {
		struct cpython_session_options options = {.pid = pid,
		                                          .detail = i % CPYTHON_DETAILS};
		struct fault fault = {0};
		struct source *source;
		size_t events = 0;

		cr_assert_eq(cpython_session_open(&options, &source, &fault), 0, "%s",
		             fault.message);
		for (int j = 0; j < 5; j++)
			cr_assert_geq(source->ops->poll(source, 5, ignore_batch, &events), 0);
		source->ops->close(source);
		cr_expect_gt(events, 100);
	}
	busy_end(pid, in);
}

Test(session_cpython_harm, a_killed_tracer_leaves_the_target_unharmed)
{
	int in, status;
	pid_t pid = busy_start(&in), tracer = fork();

	if (!tracer) {
		struct cpython_session_options options = {.pid = pid, .detail = CPYTHON_AWAITS};
		struct source *source;
		size_t events = 0;

		close(in);
		if (cpython_session_open(&options, &source, NULL))
			_exit(1);
		for (int j = 0; j < 10; j++)
			source->ops->poll(source, 5, ignore_batch, &events);
		raise(SIGKILL);
	}
	cr_assert_eq(waitpid(tracer, &status, 0), tracer);
	cr_assert(WIFSIGNALED(status));
	usleep(300 * 1000);
	busy_end(pid, in);
}
