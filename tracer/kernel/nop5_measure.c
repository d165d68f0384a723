/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nop5_measure.c - what this kernel does with a uprobe on a nop of five bytes, tried on ourselves.
 *
 * A child calls a function that has one, below whose stack pointer a value lies; then it forks, and
 * its own child calls it. Only the child has the probe, and it ends at once.
 */
#include "nop5.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe_idle.h"

#ifdef __x86_64__

enum { CALLS = 8, TRAP = 0xcc };

/* Returns how `value` differs from itself after it lay below the stack pointer over the nop. */
uint64_t nop5_measure_here(uint64_t value);
extern const volatile uint8_t nop5_measure_site;

__asm__(".text\n.p2align 6\n"
        ".globl nop5_measure_here\n.hidden nop5_measure_here\n"
        ".globl nop5_measure_site\n.hidden nop5_measure_site\n"
        ".type nop5_measure_here, @function\n"
        "nop5_measure_here: mov %rdi, -8(%rsp)\n"
        "nop5_measure_site: .byte 0x0f, 0x1f, 0x44, 0x00, 0x00\n"
        " mov -8(%rsp), %rax\n xor %rdi, %rax\n ret\n"
        ".size nop5_measure_here, . - nop5_measure_here\n");

/* Does this kernel have the optimised uprobe at all? It enters the kernel by a system call of its
 * own. Called from elsewhere it fails, or kills the caller, so a child asks; where it does not
 * exist that is ENOSYS. */
static bool call_exists(void)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		syscall(336); /* uprobe(2), x86-64, Linux 6.18 */
		_exit(errno == ENOSYS);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
	       !WEXITSTATUS(status);
}

static bool calls_overwrite(void)
{
	bool changed = false;

	for (int i = 0; i < CALLS; i++)
		changed |= nop5_measure_here(0x5a5a5a5a00000000u + i) != 0;
	return changed;
}

/* It may die, and is to leave no core file. */
static bool fork_dies(void)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		calls_overwrite();
		_exit(0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFSIGNALED(status);
}

/* The child: waits until it is probed, and ends with an enum nop5_effect. */
static _Noreturn void child_run(int go)
{
	const struct rlimit no_core = {0};
	uint8_t before = nop5_measure_site, byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &no_core);
	if (read(go, &byte, 1) != 1)
		_exit(NOP5_UNKNOWN);
	if (calls_overwrite())
		_exit(NOP5_HARMS);
	byte = nop5_measure_site;
	if (fork_dies()) /* last: the kernel writes of it to its log */
		_exit(NOP5_HARMS);
	if (byte == before)
		_exit(NOP5_UNKNOWN); /* there is no probe */
	_exit(byte == TRAP ? NOP5_TRAPS : NOP5_CALLS);
}

static enum nop5_effect child_probe(pid_t pid, int go, int *error)
{
	int status, probe = probe_idle_here(pid, (uintptr_t)&nop5_measure_site);
	enum nop5_effect effect = NOP5_UNKNOWN;

	*error = probe < 0 ? probe : 0;
	if (probe < 0 || write(go, "", 1) != 1)
		kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) == pid && WIFEXITED(status))
		effect = WEXITSTATUS(status);
	if (probe >= 0)
		close(probe);
	if (effect == NOP5_UNKNOWN && !*error)
		*error = -EIO;
	return effect;
}

enum nop5_effect nop5_measure(int *error)
{
	enum nop5_effect effect = NOP5_UNKNOWN;
	int go[2];
	pid_t pid;

	*error = 0;
	if (!call_exists())
		return NOP5_TRAPS;
	if (pipe2(go, O_CLOEXEC)) {
		*error = -errno;
		return effect;
	}
	pid = fork();
	if (!pid) {
		close(go[1]);
		child_run(go[0]);
	}
	close(go[0]);
	if (pid > 0)
		effect = child_probe(pid, go[1], error);
	else
		*error = -errno;
	close(go[1]);
	return effect;
}

#else

enum nop5_effect nop5_measure(int *error)
{
	*error = 0;
	return NOP5_TRAPS;
}

#endif
