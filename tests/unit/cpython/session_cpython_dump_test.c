/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_cpython_dump_test.c - the tasks of a hung Python process, read from outside.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpython/cpython_inspection.h"
#include "cpython/cpython_session.h"
#include "event/names.h"

struct view {
	struct names *names;
	uint32_t holder[2], waiter[2]; /* of Account.first, Account.second */
	unsigned suspended;
	uint64_t locks[16];
	struct aw_event events[4096];
	size_t count;
};

static int keep(void *context, const struct stream_batch *batch)
{
	struct view *view = context;

	for (size_t i = 0; i < batch->count && view->count < 4096; i++)
		view->events[view->count++] = batch->events[i];
	return names_feed(view->names, batch);
}

static void judge(struct view *view, uint32_t pid)
{
	for (size_t i = 0; i < view->count; i++) {
		const struct aw_event *event = &view->events[i];
		const char *name = names_object(view->names, pid, event->object);
		int which = name && !strcmp(name, "Account.first")    ? 0
		            : name && !strcmp(name, "Account.second") ? 1
		                                                      : -1;

		view->suspended += event->kind == AW_SUSPEND;
		if (event->kind == AW_LOCK_TAKEN && which >= 0)
			view->holder[which] = event->task;
		if (event->kind == AW_LOCK_WAIT && which >= 0)
			view->waiter[which] = event->task;
	}
}

static pid_t hang(const char *program)
{
	const char *python = getenv("PYTHON") ? getenv("PYTHON") : "/usr/bin/python3";
	int out[2];
	char byte = 0;
	pid_t pid;

	cr_assert_eq(pipe(out), 0);
	pid = fork();
	if (!pid) {
		dup2(out[1], 1);
		close(out[0]);
		close(out[1]);
		execl(python, python, program, (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	while (byte != '\n')
		cr_assert_eq(read(out[0], &byte, 1), 1);
	close(out[0]);
	usleep(500 * 1000); /* it needs 10 ms to hang; a busy machine more */
	return pid;
}

static void expect_deadlock(struct view *view, uint32_t pid)
{
	judge(view, pid);
	cr_expect_eq(view->suspended, 3);
	cr_expect_str_eq(names_object(view->names, pid, view->holder[0]), "there");
	cr_expect_str_eq(names_object(view->names, pid, view->holder[1]), "back");
	cr_expect_eq(view->waiter[0], view->holder[1]);
	cr_expect_eq(view->waiter[1], view->holder[0]);
}

static struct view view;

Test(session_cpython_dump, a_hung_process_tells_who_holds_and_who_waits)
{
	struct cpython_picture picture;
	struct fault fault = {0};
	pid_t pid = hang("tests/programs/python/deadlock.py");

	cr_assert_eq(names_new(&view.names), 0);
	cr_assert_eq(cpython_snapshot_deliver(pid, keep, &view, &picture, &fault), 0, "%s",
	             fault.message);
	cr_expect_eq(picture.tasks, 3);
	cr_expect_eq(picture.left.changed, 0);
	cr_expect_eq(picture.misfits, 0);
	cr_expect_gt(picture.frames, 6);
	expect_deadlock(&view, pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

Test(session_cpython_dump, attaching_to_a_hung_process_tells_the_same)
{
	struct cpython_session_options options = {.detail = CPYTHON_LOCKS};
	struct fault fault = {0};
	struct source *source;
	pid_t pid = hang("tests/programs/python/deadlock.py");

	options.pid = pid;
	cr_assert_eq(names_new(&view.names), 0);
	cr_assert_eq(cpython_session_open(&options, &source, &fault), 0, "%s", fault.message);
	cr_assert_gt(source->ops->poll(source, 5, keep, &view), 0);
	source->ops->close(source);
	expect_deadlock(&view, pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Takes the picture `dump` shows. */
static struct inspection *inspect(pid_t pid, struct names **names)
{
	struct cpython_picture picture;
	struct inspection *inspection;
	struct target *target;
	struct fault fault = {0};

	cr_assert_eq(target_open(pid, &target), 0);
	cr_assert_eq(cpython_inspection_take(target, &inspection, names, &picture, &fault), 0, "%s",
	             fault.message);
	target_close(target);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return inspection;
}

Test(session_cpython_dump, a_deadlock_is_found)
{
	struct names *names;
	struct inspection *in = inspect(hang("tests/programs/python/deadlock.py"), &names);

	cr_expect_eq(in->task_count, 3);
	cr_expect_eq(in->lock_count, 2);
	cr_assert_eq(in->cycle_count, 1);
	cr_expect_eq(in->cycles[0].count, 2);
	inspection_free(in);
	names_free(names);
}

Test(session_cpython_dump, waits_with_a_time_out_are_no_deadlock)
{
	struct names *names;
	struct inspection *in = inspect(hang("tests/programs/python/deadlock_timeout.py"), &names);
	unsigned waits = 0;

	for (size_t i = 0; i < in->task_count; i++)
		waits += in->tasks[i].lock >= 0;
	cr_expect_eq(waits, 8, "a task of each of four pairs, and who waits for it: %u", waits);
	cr_expect_eq(in->lock_count, 8);
	cr_expect_eq(in->cycle_count, 0);
	inspection_free(in);
	names_free(names);
}
