/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * help.h - what --help prints, made from the rows of command.h.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "command.h"

/** The program as a whole, and the list of its subcommands. */
void help_print_program(FILE *out);

/** One subcommand: usage, description, options, examples, exit status. */
void help_print_command(FILE *out, const struct command *command);

#endif
