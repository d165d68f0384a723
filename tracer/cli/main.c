/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c - finds the subcommand, reads its options, runs it.
 */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "help.h"
#include "interrupt.h"
#include "options.h"
#include "output.h"

static int version_run(const struct settings *settings, const struct arguments *arguments)
{
	(void)settings;
	(void)arguments;
	puts("awaitness " AWAITNESS_VERSION);
	return output_close_stdout();
}

const struct command command_version = {
	.name = "version",
	.summary = "print the version",
	.usage = "",
	.description = "Prints the version of awaitness, as awaitness --version does.",
	.options = (const struct option_row *const[]){NULL},
	.run = version_run,
};

static int command_start(const struct command *command, int argc, char **argv)
{
	struct settings settings = {0};
	struct arguments arguments;
	char message[OPTIONS_MESSAGE];

	if (options_parse(command, argc, argv, &settings, &arguments, message))
		return fail_usage(command, "%s", message);
	if (settings.help) {
		help_print_command(stdout, command);
		return output_close_stdout();
	}
	return command->run(&settings, &arguments);
}

int main(int argc, char **argv)
{
	const struct command *command;
	const char *name = argc > 1 ? argv[1] : NULL;

	interrupt_no_sigpipe();
	if (!name)
		return fail_usage(NULL, "which command?");
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		help_print_program(stdout);
		return output_close_stdout();
	}
	if (strcmp(name, "--version") == 0)
		name = "version";
	command = command_find(name);
	if (!command)
		return fail_usage(NULL, "there is no command '%s'", name);
	return command_start(command, argc - 2, argv + 2);
}
