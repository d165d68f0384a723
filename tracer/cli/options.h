/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options.h - takes the options of a subcommand out of its command line.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <sys/types.h>

#include "command.h"

#define OPTIONS_MESSAGE 256u

/**
 * Reads argv[0 .. argc) (what follows the subcommand's name; argv[argc] is
 * NULL) into `settings`, which the caller has zeroed, and `arguments`, which
 * points into argv: argv is reordered. Options may stand before and after
 * arguments. Prints nothing: for a wrong command line it returns -EINVAL and a
 * line in `message` (OPTIONS_MESSAGE bytes).
 */
int options_parse(const struct command *command, int argc, char **argv, struct settings *settings,
                  struct arguments *arguments, char *message);

/** Reads a process id. Returns 0, or -EINVAL if the text is none. */
int options_pid(const char *text, pid_t *pid);

#endif
