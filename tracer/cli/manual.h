/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * manual.h - manual pages, made from the rows of command.h (`make man`).
 */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include <stdio.h>

#include "command.h"

/** Prints awaitness-COMMAND(1), or awaitness(1) for NULL, as roff. */
void manual_print(FILE *out, const struct command *command);

/** What every page and every --help says: paragraphs. */
extern const char manual_program[];
extern const char manual_exit_status[];

#endif
