/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * interrupt.h - Ctrl-C and its kin: end with the report, not without it.
 */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <sys/types.h>

/**
 * From now on SIGINT, SIGTERM and SIGHUP are counted instead of ending this
 * program; the third ends it at once. Signals that were ignored stay ignored.
 */
void interrupt_catch(void);

/** How many came since. */
unsigned interrupt_count(void);

/**
 * The same, and passes signals on to `pid`, the program that `run` started
 * (also SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT, which are then not counted). What
 * the terminal sends goes to it anyway, as it is in the same process group, and
 * is not passed on twice. 0 ends the passing on.
 */
void interrupt_pass_on(pid_t pid);

/** A write to a pipe that nobody reads fails with EPIPE instead of ending this program; programs
 * it starts get the signal as usual. */
void interrupt_no_sigpipe(void);

#endif
