/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * help.c - help for a terminal, made from the rows of command.h.
 */
#include "help.h"

#include <string.h>

#include "manual.h"
#include "output.h"

#define HELP_COLUMNS 80
#define HELP_INDENT  6

/* Prints `text` folded at blanks; an empty line stays one. */
static void print_folded(FILE *out, const char *text, int indent)
{
	int column = 0;

	while (*text) {
		int length = (int)strcspn(text, " \n");

		if (column && column + 1 + length > HELP_COLUMNS) {
			fputc('\n', out);
			column = 0;
		}
		if (length)
			column += fprintf(out, "%*s%.*s", column ? 1 : indent, "", length, text);
		text += length;
		if (*text == '\n') {
			fputs(text[1] == '\n' ? "\n\n" : "", out);
			column = text[1] == '\n' ? 0 : column;
			text += text[1] == '\n';
		}
		text += *text != '\0';
	}
	fputc('\n', out);
}

static void print_option(FILE *out, const struct option_row *o)
{
	fputs("  ", out);
	if (o->letter)
		fprintf(out, "-%c, ", o->letter);
	fprintf(out, "--%s%s%s\n", o->name, o->argument ? " " : "", o->argument ? o->argument : "");
	print_folded(out, o->help, HELP_INDENT);
}

void help_print_command(FILE *out, const struct command *c)
{
	fprintf(out, "awaitness %s - %s\n\nUsage: awaitness %s %s\n\n", c->name, c->summary,
	        c->name, c->usage);
	print_folded(out, c->description, 0);
	fputs("\nOptions:\n", out);
	for (const struct option_row *const *o = c->options; *o; o++)
		print_option(out, *o);
	print_option(out, &option_help);
	if (c->examples)
		fprintf(out, "\nExamples:\n%s", c->examples);
	fputs("\nExit status:\n", out);
	print_folded(out, manual_exit_status, 2);
}

void help_print_program(FILE *out)
{
	fputs("awaitness - a witness for awaits\n\n"
	      "Usage: awaitness COMMAND [OPTIONS] [ARGUMENTS]\n\n",
	      out);
	print_folded(out, manual_program, 0);
	fputs("\nCommands:\n", out);
	for (const struct command *const *c = commands; *c; c++)
		fprintf(out, "  %-10s%s\n", (*c)->name, (*c)->summary);
	fputs("\nawaitness COMMAND --help tells more about one.\n\nExit status:\n", out);
	print_folded(out, manual_exit_status, 2);
}

static int help_run(const struct settings *settings, const struct arguments *arguments)
{
	const struct command *about = NULL;

	if (arguments->count > 1)
		return fail_usage(&command_help, "help takes one command at most");
	if (arguments->count == 1) {
		about = command_find(arguments->values[0]);
		if (!about)
			return fail_usage(NULL, "there is no command '%s'", arguments->values[0]);
	}
	if (settings->man)
		manual_print(stdout, about);
	else if (about)
		help_print_command(stdout, about);
	else
		help_print_program(stdout);
	return output_close_stdout();
}

const struct command command_help = {
	.name = "help",
	.summary = "explain the program or one of its commands",
	.usage = "[--man] [COMMAND]",
	.description = "Prints what awaitness COMMAND --help prints, or the list of commands.",
	.options = (const struct option_row *const[]){&option_man, NULL},
	.run = help_run,
};
