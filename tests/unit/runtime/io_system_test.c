/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_system_test.c - files, signals and child processes.
 */
#include <awaitness/io.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int64_t soon(void)
{
	return aw_after(20 * AW_NS_PER_S);
}

static int64_t within(int64_t ms)
{
	return aw_after(ms * AW_NS_PER_MS);
}

static void expect_runs(aw_task_fn fn)
{
	cr_assert_eq(aw_run(fn, NULL), 0);
}

static const char *file_path(void)
{
	static char path[64];

	snprintf(path, sizeof(path), "/tmp/io_system_test.%d", getpid());
	return path;
}

static int64_t files(void *arg)
{
	struct aw_file *file;
	struct stat status;
	char bytes[16];

	(void)arg;
	cr_assert_eq(aw_file_open("/no/such/file", O_RDONLY, 0, soon(), &file), -ENOENT);
	cr_assert_null(file);
	cr_assert_eq(aw_file_open(file_path(), O_RDWR | O_CREAT | O_TRUNC, 0600, soon(), &file), 0);
	cr_assert_eq(aw_file_write(file, "hello world", 11, -1, soon()), 11);
	cr_assert_eq(aw_file_sync(file, soon()), 0);
	cr_assert_eq(aw_file_read(file, bytes, 5, 6, soon()), 5);
	cr_assert(memcmp(bytes, "world", 5) == 0);
	cr_assert_eq(aw_file_read(file, bytes, 5, 11, soon()), 0);
	cr_assert_eq(aw_file_stat(file, &status, soon()), 0);
	cr_assert_eq(status.st_size, 11);
	cr_assert(S_ISREG(status.st_mode));
	aw_file_close(file);
	cr_assert_eq(aw_path_stat(file_path(), &status, soon()), 0);
	cr_assert_eq(status.st_mode & 0777, 0600);
	cr_assert_eq(aw_path_unlink(file_path(), soon()), 0);
	cr_assert_eq(aw_path_stat(file_path(), &status, soon()), -ENOENT);
	return 0;
}

Test(io_system, files_are_written_read_and_asked_about)
{
	expect_runs(files);
}

/* How many descriptors are open: what was abandoned must not leak one. */
static int descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static int64_t abandoned_files(void *arg)
{
	struct aw_file *file;
	char bytes[4096];
	int before;

	(void)arg;
	cr_assert_eq(aw_file_open("/proc/self/maps", O_RDONLY, 0, soon(), &file), 0);
	before = descriptors();
	for (int i = 0; i < 50; i++) {
		struct aw_file *other;

		cr_assert_eq(aw_file_open("/proc/self/maps", O_RDONLY, 0, 0, &other), -ETIMEDOUT);
		cr_assert_eq(aw_file_read(file, bytes, sizeof(bytes), 0, 0), -ETIMEDOUT);
	}
	aw_file_close(file); /* with reads under way */
	for (int i = 0; i < 1000 && descriptors() != before - 1; i++)
		aw_sleep(AW_NS_PER_MS);
	cr_assert_eq(descriptors(), before - 1);
	return 0;
}

Test(io_system, operations_that_were_given_up_close_what_they_opened)
{
	expect_runs(abandoned_files);
}

static int64_t open_and_wait(void *arg)
{
	struct aw_file *file;
	int error = aw_file_open("/proc/self/maps", O_RDONLY, 0, AW_FOREVER, &file);

	(void)arg;
	aw_file_close(file);
	return error;
}

static int64_t cancelled_open(void *arg)
{
	int before = descriptors();

	(void)arg;
	for (int i = 0; i < 50; i++) {
		struct aw_task *task = aw_task_create(open_and_wait, NULL, NULL);

		aw_yield();
		aw_sleep(i % 2 ? AW_NS_PER_MS : 0);
		aw_cancel(task);
		aw_wait(task, soon());
		aw_task_free(task);
	}
	for (int i = 0; i < 1000 && descriptors() != before; i++)
		aw_sleep(AW_NS_PER_MS);
	cr_assert_eq(descriptors(), before);
	return 0;
}

Test(io_system, a_cancelled_open_leaks_no_descriptor)
{
	/* libuv's own descriptors are there before the count. */
	expect_runs(cancelled_open);
}

static int64_t raise_soon(void *arg)
{
	aw_sleep(2 * AW_NS_PER_MS);
	kill(getpid(), (int)(intptr_t)arg);
	return 0;
}

static int64_t signals(void *arg)
{
	struct aw_signal *signal;

	(void)arg;
	cr_assert_eq(aw_signal_open(SIGUSR1, &signal), 0);
	cr_assert_eq(aw_signal_wait(signal, within(5)), -ETIMEDOUT);
	aw_task_spawn(raise_soon, (void *)SIGUSR1, NULL);
	cr_assert_eq(aw_signal_wait(signal, soon()), 0);
	/* One that comes while nobody waits is kept. */
	kill(getpid(), SIGUSR1);
	aw_sleep(5 * AW_NS_PER_MS);
	cr_assert_eq(aw_signal_wait(signal, 0), 0);
	cr_assert_eq(aw_signal_wait(signal, 0), -ETIMEDOUT);
	aw_signal_close(signal);
	cr_assert_eq(aw_signal_open(SIGKILL, &signal), -EINVAL);
	cr_assert_null(signal);
	return 0;
}

Test(io_system, signals_wake_the_waiter_and_are_kept_for_the_next_wait)
{
	expect_runs(signals);
}

static int64_t close_soon(void *arg)
{
	aw_sleep(2 * AW_NS_PER_MS);
	aw_signal_close(arg);
	return 0;
}

static int64_t closed_signal(void *arg)
{
	struct aw_signal *signal;

	(void)arg;
	cr_assert_eq(aw_signal_open(SIGUSR2, &signal), 0);
	aw_task_spawn(close_soon, signal, NULL);
	cr_assert_eq(aw_signal_wait(signal, soon()), -EBADF);
	return 0;
}

Test(io_system, closing_a_signal_wakes_the_waiter)
{
	expect_runs(closed_signal);
}

static int64_t child(void *arg)
{
	static const char *const argv[] = {"sh", "-c", "read x; echo got $x; exit 7", NULL};
	const struct aw_spawn spawn = {
		.argv = argv, .in = AW_STDIO_PIPE, .out = AW_STDIO_PIPE, .err = AW_STDIO_NULL};
	struct aw_process *process;
	char line[32];
	int status, number;

	(void)arg;
	cr_assert_eq(aw_process_spawn(&spawn, &process), 0);
	cr_assert_gt(aw_process_pid(process), 0);
	cr_assert_null(aw_process_stream(process, 2));
	cr_assert_eq(aw_process_wait(process, within(5), &status, &number), -ETIMEDOUT);
	cr_assert_eq(aw_write(aw_process_stream(process, 0), "it\n", 3, soon()), 0);
	cr_assert_eq(aw_read_line(aw_process_stream(process, 1), line, sizeof(line), soon()), 6);
	cr_assert_str_eq(line, "got it");
	cr_assert_eq(aw_process_wait(process, soon(), &status, &number), 0);
	cr_assert_eq(status, 7);
	cr_assert_eq(number, 0);
	cr_assert_eq(aw_process_kill(process, SIGTERM), -ESRCH);
	cr_assert_eq(aw_read(aw_process_stream(process, 1), line, sizeof(line), soon()), 0);
	aw_process_close(process);
	return 0;
}

Test(io_system, a_child_is_talked_to_and_its_status_collected)
{
	expect_runs(child);
}

static int64_t killed_child(void *arg)
{
	static const char *const argv[] = {"cat", NULL};
	const struct aw_spawn spawn = {.argv = argv, .in = AW_STDIO_PIPE, .out = AW_STDIO_NULL};
	struct aw_process *process;
	int status, number;

	(void)arg;
	cr_assert_eq(aw_process_spawn(&spawn, &process), 0);
	cr_assert_eq(aw_process_kill(process, SIGKILL), 0);
	cr_assert_eq(aw_process_wait(process, soon(), &status, &number), 0);
	cr_assert_eq(number, SIGKILL);
	aw_process_close(process);
	cr_assert_eq(aw_process_spawn(&spawn, &process), 0);
	aw_process_end_input(process);
	cr_assert_null(aw_process_stream(process, 0));
	cr_assert_eq(aw_process_wait(process, soon(), &status, &number), 0);
	cr_assert_eq(status, 0);
	cr_assert_eq(number, 0);
	aw_process_close(process);
	return 0;
}

Test(io_system, a_child_can_be_killed_or_ended_by_closing_its_input)
{
	expect_runs(killed_child);
}

static int64_t no_program(void *arg)
{
	static const char *const argv[] = {"/no/such/program", NULL};
	const struct aw_spawn spawn = {.argv = argv, .out = AW_STDIO_PIPE};
	struct aw_process *process;

	(void)arg;
	cr_assert_eq(aw_process_spawn(&spawn, &process), -ENOENT);
	cr_assert_null(process);
	return 0;
}

Test(io_system, a_program_that_is_not_there_is_an_error)
{
	expect_runs(no_program);
}
