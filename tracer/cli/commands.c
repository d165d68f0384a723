/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * commands.c - the list of subcommands. A new one is a file and a line here.
 */
#include <string.h>

#include "command.h"

const struct command *const commands[] = {
	&command_attach,
	&command_run,
	&command_record,
	&command_report,
	&command_dump,
	&command_print,
	&command_convert,
	&command_doctor,
	&command_lint,
	&command_explain,
	&command_version,
	&command_help,
	NULL,
};

const struct command *command_find(const char *name)
{
	for (const struct command *const *c = commands; *c; c++)
		if (strcmp((*c)->name, name) == 0)
			return *c;
	return NULL;
}
