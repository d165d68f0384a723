/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * canary_process.c - children of every kind, which run the code that the probes stand in.
 *
 * Each returns 1 if its child did not end as it would without a tracer.
 */
#include "canary.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STACK = 65536, SEEDS = 10 };

static unsigned long child_judge(pid_t pid)
{
	int status;

	return pid < 0 || waitpid(pid, &status, __WALL) != pid || !WIFEXITED(status) ||
	       WEXITSTATUS(status);
}

static int child_run(void *check)
{
	unsigned long bad = 0;

	for (uint64_t seed = 0; seed < SEEDS; seed++)
		bad += ((canary_check_fn)check)(seed);
	return bad != 0;
}

unsigned long canary_fork(canary_check_fn check)
{
	pid_t pid = fork();

	if (!pid)
		_exit(child_run((void *)check));
	return child_judge(pid);
}

unsigned long canary_vfork_exec(void)
{
	pid_t pid =
		vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork): as libraries do */

	if (!pid) {
		CANARY_HIT(); /* NOLINT(clang-analyzer-unix.Vfork): changes nothing */
		execl("/proc/self/exe", "canary", "child", (char *)NULL);
		_exit(127);
	}
	CANARY_HIT();
	return child_judge(pid);
}

/* A process with the same memory and a stack of its own. */
unsigned long canary_clone(canary_check_fn check)
{
	char *stack = malloc(STACK);
	unsigned long bad;

	if (!stack)
		abort();
	bad = child_judge(clone(child_run, stack + STACK,
	                        CLONE_VM | CLONE_FS | CLONE_FILES | SIGCHLD, (void *)check));
	free(stack);
	return bad;
}
