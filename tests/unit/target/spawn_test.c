// SPDX-License-Identifier: BSD-2-Clause
/*
 * spawn_test.c - programs held before their first step.
 */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "target/executable.h"
#include "target/spawn.h"
#include "target/target.h"

static char folder[64];

static void folder_make(void)
{
	strcpy(folder, "/tmp/awaitness-spawn.XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
}

static void folder_remove(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	cr_assert_eq(system(command), 0);
}

TestSuite(spawn, .init = folder_make, .fini = folder_remove, .timeout = 60);

static char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

Test(spawn, nothing_of_the_program_has_run_until_it_is_released)
{
	char *argv[] = {"touch", path_of("ran"), NULL};
	struct spawn spawn;

	cr_assert_eq(spawn_open(&spawn, argv, NULL), 0);
	usleep(50000);
	cr_assert_neq(access(argv[1], F_OK), 0);
	cr_assert_eq(spawn_wait(&spawn, false), 0, "it has not ended");
	cr_assert_eq(spawn_release(&spawn), 0);
	cr_assert_eq(spawn_wait(&spawn, true), 1);
	cr_assert(WIFEXITED(spawn.status) && !WEXITSTATUS(spawn.status));
	cr_assert_eq(access(argv[1], F_OK), 0);
	spawn_close(&spawn);
}

Test(spawn, at_its_entry_the_libraries_are_mapped)
{
	char *argv[] = {"sleep", "30", NULL};
	struct target *target;
	struct spawn spawn;
	bool libc = false;

	cr_assert_eq(spawn_open(&spawn, argv, NULL), 0);
	if (spawn.held != SPAWN_AT_ENTRY) {
		spawn_close(&spawn);
		cr_skip_test("ptrace is not permitted");
	}
	cr_assert_eq(target_open(spawn.pid, &target), 0);
	cr_assert_str_eq(target->command, "sleep 30");
	for (size_t i = 0; i < target->module_count; i++)
		libc |= strstr(target->modules[i].path, "libc") != NULL;
	cr_assert(libc);
	target_close(target);
	spawn_close(&spawn);
}

Test(spawn, a_program_never_released_is_killed)
{
	char *argv[] = {"sleep", "30", NULL};
	struct spawn spawn;

	cr_assert_eq(spawn_open(&spawn, argv, NULL), 0);
	spawn_close(&spawn);
	cr_assert_eq(kill(spawn.pid, 0), -1);
	cr_assert_eq(errno, ESRCH);
}

Test(spawn, a_program_that_is_not_there_is_an_error)
{
	char *none[] = {"awaitness-no-such-program", NULL}, *not_one[] = {"/etc/passwd", NULL};
	struct spawn spawn;

	cr_assert_eq(spawn_open(&spawn, none, NULL), -ENOENT);
	cr_assert_eq(spawn_open(&spawn, not_one, NULL), -EACCES);
}

Test(spawn, a_library_that_is_not_there_ends_it_before_its_entry)
{
	char *argv[] = {path_of("program"), NULL}, command[512];
	struct spawn spawn;

	snprintf(
		command, sizeof(command),
		"cd '%s' && echo 'int f(void) { return 0; }' >f.c && gcc -shared f.c -o libf.so && "
		"echo 'int f(void); int main(void) { return f(); }' >p.c && "
		"gcc p.c -o program -L. -lf && rm libf.so",
		folder);
	cr_assert_eq(system(command), 0);
	cr_redirect_stderr(); /* what the dynamic linker says */
	cr_assert_eq(spawn_open(&spawn, argv, NULL), -ECHILD);
	cr_assert(spawn.reaped && WIFEXITED(spawn.status));
	cr_assert_eq(WEXITSTATUS(spawn.status), 127);
	spawn_close(&spawn);
}

/* Makes a file of these bytes, to be executed unless its mode says otherwise. */
static char *file_make(const char *name, const void *bytes, size_t count, unsigned mode)
{
	char *path = path_of(name);
	FILE *file = fopen(path, "w");

	cr_assert(file && fwrite(bytes, 1, count, file) == count && !fclose(file));
	cr_assert_eq(chmod(path, mode), 0);
	return path;
}

static void expect_why(const char *path, int wanted_code, const char *wanted)
{
	char *argv[] = {strdup(path), NULL}, why[320];
	struct spawn spawn;
	int code = spawn_open(&spawn, argv, NULL);

	spawn_close(&spawn); /* what was started after all shall not stay */
	cr_expect_eq(code, wanted_code, "%s: %d", path, code);
	executable_explain(path, code, why, sizeof(why));
	cr_expect_str_eq(why, wanted);
	free(argv[0]);
}

Test(spawn, why_it_cannot_be_executed_is_told_as_it_is)
{
	static const char foreign[20] = "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\xff\0";

	expect_why(file_make("script", "#! /nope/sh -e\n", 15, 0755), -ENOENT,
	           "its interpreter /nope/sh: No such file or directory");
	expect_why(file_make("text", "exit 0\n", 7, 0644), -EACCES, "Permission denied");
	expect_why(file_make("foreign", foreign, sizeof(foreign), 0755), -ENOEXEC,
	           "Exec format error: neither a program for this machine nor a script");
	expect_why(folder, -EACCES, "Is a directory");
	expect_why("/nope/nope", -ENOENT, "there is no such program");
}

Test(spawn, a_script_without_an_interpreter_is_the_shell_s)
{
	char *argv[] = {file_make("plain", "exit 5\n", 7, 0755), NULL};
	struct spawn spawn;

	cr_assert_eq(spawn_open(&spawn, argv, NULL), 0);
	cr_assert_eq(spawn_release(&spawn), 0);
	cr_assert_eq(spawn_wait(&spawn, true), 1);
	cr_assert_eq(WEXITSTATUS(spawn.status), 5);
	spawn_close(&spawn);
}

Test(spawn, the_environment_is_extended)
{
	char *argv[] = {"sh", "-c", "test \"$AW_TEST\" = \"a b\" && test -n \"$PATH\"", NULL};
	char *extra[] = {"AW_TEST=a b", NULL};
	struct spawn spawn;

	cr_assert_eq(spawn_open(&spawn, argv, extra), 0);
	cr_assert_eq(spawn_release(&spawn), 0);
	cr_assert_eq(spawn_wait(&spawn, true), 1);
	cr_assert_eq(spawn.status, 0);
	spawn_close(&spawn);
}

Test(spawn, its_death_is_told_once_and_for_all)
{
	char *argv[] = {"sh", "-c", "kill -KILL $$", NULL};
	struct spawn spawn;

	cr_assert_eq(spawn_open(&spawn, argv, NULL), 0);
	cr_assert_eq(spawn_release(&spawn), 0);
	cr_assert_eq(spawn_wait(&spawn, true), 1);
	cr_assert_eq(spawn_wait(&spawn, true), 1);
	cr_assert(WIFSIGNALED(spawn.status));
	cr_assert_eq(WTERMSIG(spawn.status), SIGKILL);
	spawn_close(&spawn);
}

/* From here on this process and its children may not ptrace, as in some containers. */
static void ptrace_forbid(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ptrace, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = 4, .filter = filter};

	cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	cr_assert_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

Test(spawn, without_ptrace_it_is_held_before_exec)
{
	char *argv[] = {"touch", path_of("ran"), NULL};
	struct spawn spawn;

	ptrace_forbid();
	cr_assert_eq(spawn_open(&spawn, argv, NULL), 0);
	cr_assert_eq(spawn.held, SPAWN_BEFORE_EXEC);
	usleep(50000);
	cr_assert_neq(access(argv[1], F_OK), 0);
	cr_assert_eq(spawn_release(&spawn), 0);
	cr_assert_eq(spawn_wait(&spawn, true), 1);
	cr_assert_eq(spawn.status, 0);
	cr_assert_eq(access(argv[1], F_OK), 0);
	spawn_close(&spawn);
}

Test(spawn, without_ptrace_a_program_that_is_not_there_shows_when_released)
{
	char *argv[] = {"awaitness-no-such-program", NULL};
	struct spawn spawn;

	ptrace_forbid();
	cr_assert_eq(spawn_open(&spawn, argv, NULL), 0);
	cr_assert_eq(spawn_release(&spawn), -ENOENT);
	cr_assert_eq(spawn_wait(&spawn, true), 1);
	spawn_close(&spawn);
}

Test(spawn, without_ptrace_one_never_released_does_not_run)
{
	char *argv[] = {"touch", path_of("ran"), NULL};
	struct spawn spawn;

	ptrace_forbid();
	cr_assert_eq(spawn_open(&spawn, argv, NULL), 0);
	spawn_close(&spawn);
	cr_assert_neq(access(argv[1], F_OK), 0);
}

/* Starts a program and is killed while that is held. */
static void die_holding(char *const argv[])
{
	struct spawn spawn;
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (!pid) {
		if (!spawn_open(&spawn, argv, NULL))
			raise(SIGKILL);
		_exit(1);
	}
	cr_assert_eq(waitpid(pid, &(int){0}, 0), pid);
}

static bool comes(const char *path)
{
	for (unsigned i = 0; i < 500 && access(path, F_OK); i++)
		usleep(10000);
	return !access(path, F_OK);
}

Test(spawn, a_program_that_is_held_goes_on_when_who_holds_it_is_killed)
{
	char *argv[] = {"touch", path_of("ran"), NULL};

	die_holding(argv);
	cr_expect(comes(argv[1]));
}

Test(spawn, one_that_is_killed_before_its_first_step_by_who_started_it_never_runs)
{
	char *argv[] = {"touch", path_of("ran"), NULL};
	struct spawn spawn;

	cr_assert_eq(spawn_open(&spawn, argv, NULL), 0);
	spawn_close(&spawn);
	usleep(100000);
	cr_expect_neq(access(argv[1], F_OK), 0);
}

Test(spawn, no_guard_is_left)
{
	char *argv[] = {"true", NULL};
	struct spawn spawn;

	cr_assert_eq(spawn_open(&spawn, argv, NULL), 0);
	cr_assert_eq(spawn_release(&spawn), 0);
	cr_assert_eq(spawn_wait(&spawn, true), 1);
	spawn_close(&spawn);
	cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1);
	cr_expect_eq(errno, ECHILD);
}
