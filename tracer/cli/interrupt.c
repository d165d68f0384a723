/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * interrupt.c - Ctrl-C and its kin.
 *
 * Handlers, never SIG_IGN: exec resets handlers, so that what `run` starts
 * has every signal as it was before.
 */
#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#define ENOUGH 3 /* signals: whoever sends this many wants it to end at once */

static atomic_uint caught;
static atomic_int passed_to;

static void pass_on(int number, const siginfo_t *info)
{
	pid_t pid = atomic_load(&passed_to);

	if (pid > 0 && info->si_code <= 0 && info->si_pid != pid)
		kill(pid, number);
}

static void on_stop(int number, siginfo_t *info, void *context)
{
	int saved = errno;

	(void)context;
	pass_on(number, info);
	if (atomic_fetch_add(&caught, 1) + 1 >= ENOUGH) {
		signal(number, SIG_DFL);
		raise(number);
	}
	errno = saved;
}

static void on_other(int number, siginfo_t *info, void *context)
{
	int saved = errno;

	(void)context;
	pass_on(number, info);
	errno = saved;
}

static void on_pipe(int number)
{
	(void)number;
}

static void catch_one(int number, void (*handler)(int, siginfo_t *, void *))
{
	struct sigaction old, new = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};

	if (sigaction(number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
		sigaction(number, &new, NULL);
}

void interrupt_catch(void)
{
	catch_one(SIGINT, on_stop);
	catch_one(SIGTERM, on_stop);
	catch_one(SIGHUP, on_stop);
}

unsigned interrupt_count(void)
{
	return atomic_load(&caught);
}

void interrupt_pass_on(pid_t pid)
{
	static const int others[] = {SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT};

	atomic_store(&passed_to, pid);
	for (size_t i = 0; pid > 0 && i < sizeof(others) / sizeof(*others); i++)
		catch_one(others[i], on_other);
}

void interrupt_no_sigpipe(void)
{
	struct sigaction old, new = {.sa_handler = on_pipe};

	if (sigaction(SIGPIPE, NULL, &old) == 0 && old.sa_handler == SIG_DFL)
		sigaction(SIGPIPE, &new, NULL);
}
