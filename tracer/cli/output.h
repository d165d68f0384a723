/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * output.h - where a subcommand's result goes: standard output, or --output FILE.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "command.h"

struct output {
	FILE *file;
	const char *name; /* for messages */
	bool colour;
	unsigned width; /* columns of the terminal; 0: not one */
};

/** Opens settings->output, or takes stdout. Returns a status; a message has been printed. */
int output_open(struct output *output, const struct settings *settings);

/**
 * Flushes and closes. A reader that went away (EPIPE) is no failure. Returns a
 * status; a message has been printed.
 */
int output_close(struct output *output);

/** output_close for a command that printed to stdout without an output_open. */
int output_close_stdout(void);

#endif
