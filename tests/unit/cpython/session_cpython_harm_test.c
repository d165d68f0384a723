/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_cpython_harm_test.c - a target survives whatever its tracer does.
 *
 * The program runs loops in two threads (and in greenlets, where it has them)
 * and checks its own results. CYCLES in the environment: how often to attach,
 * and how many tracers to kill (`make harm CYCLES=200`).
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpython/cpython_find.h"
#include "cpython/cpython_session.h"
#include "cpython/cpython_session_attach.h"

static int ignore_batch(void *context, const struct stream_batch *batch)
{
	*(size_t *)context += batch->count;
	return 0;
}

struct busy {
	pid_t pid;
	int in, out;
};

static void busy_start(struct busy *busy)
{
	const char *python = getenv("PYTHON") ? getenv("PYTHON") : "/usr/bin/python3";
	int to[2], from[2];
	char byte = 0;

	cr_assert_eq(pipe(to) | pipe(from), 0);
	busy->pid = fork();
	if (!busy->pid) {
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
	busy->in = to[1];
	busy->out = from[0];
	usleep(300 * 1000);
}

static void busy_end(const struct busy *busy)
{
	char text[128] = "";
	size_t used = 0;
	ssize_t n;
	int status;

	close(busy->in);
	/* to the end: a pipe that is closed on what it still prints would harm it */
	while (used < sizeof(text) - 1 &&
	       (n = read(busy->out, text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)n;
	cr_expect_gt(used, 0);
	cr_log_info("it made %s", text);
	close(busy->out);
	cr_assert_eq(waitpid(busy->pid, &status, 0), busy->pid);
	cr_expect(WIFEXITED(status) && !WEXITSTATUS(status), "the target was harmed: %x", status);
}

static int cycles(int otherwise)
{
	const char *text = getenv("CYCLES");

	return text && atoi(text) > 0 ? atoi(text) : otherwise;
}

Test(session_cpython_harm, attaching_and_detaching_again_and_again_leaves_the_target_unharmed)
{
	struct busy busy;
	size_t all = 0;
	int n = cycles(20);

	busy_start(&busy);

	for (int i = n; i-- > 0;) {
		struct cpython_session_options options = {.pid = busy.pid,
		                                          .detail = i % CPYTHON_DETAILS};
		struct fault fault = {0};
		struct source *source;
		size_t events = 0;

		cr_assert_eq(cpython_session_open(&options, &source, &fault), 0, "%s",
		             fault.message);
		/* However long it takes on a busy machine. */
		for (int j = 0; j < 5 || (events <= 100 && j < 2000); j++)
			cr_assert_geq(source->ops->poll(source, 5, ignore_batch, &events), 0);
		source->ops->close(source);
		cr_expect_gt(events, 100);
		all += events;
	}
	busy_end(&busy);
	cr_log_info("%d times attached and detached, %zu events", n, all);
}

/* A reader that is slower than the target. */
static int take_slowly(void *context, const struct cpython_fact *fact, size_t size)
{
	size_t *bytes = context;

	(void)fact;
	*bytes += size;
	usleep(20);
	return 0;
}

Test(session_cpython_harm, a_target_that_is_faster_than_its_reader_holds_no_poll, .timeout = 120)
{
	struct cpython_session_options options = {.detail = CPYTHON_STEPS};
	struct cpython_attachment *attachment;
	struct fault fault = {0};
	struct cpython_found found;
	struct target *target;
	struct busy busy;
	size_t bytes = 0, polled;

	busy_start(&busy);
	cr_assert_eq(target_open(busy.pid, &target), 0);
	cr_assert_eq(cpython_find(target, &found, &fault), 0, "%s", fault.message);
	cr_assert_eq(cpython_attachment_open(&options, take_slowly, &bytes, &attachment, &fault), 0,
	             "%s", fault.message);
	cr_assert_eq(cpython_attachment_target(attachment, 0, busy.pid, &found.target), 0);
	cr_assert_eq(cpython_attachment_attach(attachment, busy.pid, &found, options.detail,
	                                       CPYTHON_PROBE_STEP, &fault),
	             0, "%s", fault.message);
	sleep(1); /* now there is more in the ring than is taken at once */
	cr_expect_eq(cpython_attachment_poll(attachment, 5), 0);
	polled = bytes;
	cr_expect_gt(polled, 0);
	cpython_attachment_detach(attachment);
	cr_expect_eq(cpython_attachment_drain(attachment), 0);
	cr_expect_gt(bytes, polled, "what came meanwhile is not lost by that");
	cpython_attachment_close(attachment);
	target_close(target);
	busy_end(&busy);
}

/* Traces until it is killed. */
static void trace_for_ever(pid_t pid, enum cpython_detail detail)
{
	struct cpython_session_options options = {.pid = pid, .detail = detail};
	struct source *source;
	size_t events = 0;

	if (cpython_session_open(&options, &source, NULL))
		_exit(1);
	while (source->ops->poll(source, 5, ignore_batch, &events) >= 0)
		;
	_exit(2);
}

Test(session_cpython_harm, killed_tracers_leave_the_target_unharmed)
{
	int status, n = cycles(8), tracing = 0;
	struct busy busy;
	pid_t tracer;

	busy_start(&busy);
	for (int i = 0; i < n; i++) {
		tracer = fork();
		if (!tracer) {
			close(busy.in);
			trace_for_ever(busy.pid, i % CPYTHON_DETAILS);
		}
		/* while it loads, while it attaches, while it traces */
		usleep(i % 2 ? 1000000 : 20000 + i * 7919 % 400 * 1000);
		tracing += kill(tracer, SIGKILL) == 0;
		cr_assert_eq(waitpid(tracer, &status, 0), tracer);
		cr_assert(WIFSIGNALED(status), "a tracer ended by itself: %x", status);
	}
	usleep(300 * 1000);
	busy_end(&busy);
	cr_log_info("%d tracers killed", tracing);
}
