/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kept_memory_test.c - the memory of a child, while it lives and after.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "target/kept_memory.h"

static char text[32] = "of the parent";
static const char told[] = "of the child";

/* A child that has written its text, and waits to be killed. */
static pid_t child_start(void)
{
	int ready[2];
	pid_t pid;
	char byte;

	cr_assert_eq(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		memcpy(text, told, sizeof(told));
		if (write(ready[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	cr_assert_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void child_end(pid_t pid)
{
	int status;

	cr_assert_eq(kill(pid, SIGKILL), 0);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFSIGNALED(status));
}

static int text_read(const struct kept_memory *memory, char *out)
{
	return kept_memory_read(memory, (uintptr_t)text, out, sizeof(text));
}

Test(kept_memory, what_is_kept_outlives_its_process, .timeout = 20)
{
	struct kept_memory *memory;
	pid_t pid = child_start();
	char out[sizeof(text)] = "";

	cr_assert_eq(kept_memory_open(pid, &memory), 0);
	cr_assert_eq(text_read(memory, out), 0);
	cr_assert_str_eq(out, told);
	if (kept_memory_keep(memory) == -EPERM)
		cr_skip("keeping memory is not permitted here");
	cr_assert(kept_memory_kept(memory));
	child_end(pid);
	memset(out, 0, sizeof(out));
	cr_assert_eq(text_read(memory, out), 0);
	cr_assert_str_eq(out, told);
	kept_memory_release(memory);
	cr_expect_eq(text_read(memory, out), -ESRCH);
	kept_memory_close(memory);
}

Test(kept_memory, what_is_not_kept_ends_with_its_process, .timeout = 20)
{
	struct kept_memory *memory;
	pid_t pid = child_start();
	char out[sizeof(text)];

	cr_assert_eq(kept_memory_open(pid, &memory), 0);
	child_end(pid);
	cr_expect_eq(text_read(memory, out), -ESRCH);
	cr_expect_neq(kept_memory_keep(memory), 0);
	cr_expect_not(kept_memory_kept(memory));
	kept_memory_close(memory);
	cr_expect_eq(kept_memory_open(pid, &memory), -ESRCH);
}

Test(kept_memory, an_address_that_is_not_mapped_is_told, .timeout = 20)
{
	struct kept_memory *memory;
	char out[8];

	cr_assert_eq(kept_memory_open(getpid(), &memory), 0);
	cr_expect_eq(kept_memory_read(memory, 8, out, sizeof(out)), -EFAULT);
	cr_expect_eq(kept_memory_read(memory, UINT64_MAX - 4, out, sizeof(out)), -EFAULT);
	kept_memory_close(memory);
}

Test(kept_memory, a_process_that_runs_another_program_has_another_memory, .timeout = 20)
{
	char *argv[] = {"/bin/sleep", "60", NULL};
	struct kept_memory *memory;
	int go[2];
	pid_t pid;
	char byte;

	cr_assert_eq(pipe(go), 0);
	pid = fork();
	if (!pid) {
		if (read(go[0], &byte, 1) == 1)
			execv(argv[0], argv);
		_exit(1);
	}
	cr_assert_eq(kept_memory_open(pid, &memory), 0);
	cr_expect_not(kept_memory_replaced(memory, pid));
	cr_assert_eq(write(go[1], "x", 1), 1);
	for (int i = 0; i < 1000 && !kept_memory_replaced(memory, pid); i++)
		usleep(5000);
	cr_expect(kept_memory_replaced(memory, pid));
	cr_assert_eq(kept_memory_renew(memory, pid), 0);
	cr_expect_not(kept_memory_replaced(memory, pid));
	child_end(pid);
	kept_memory_close(memory);
}
