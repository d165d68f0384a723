/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * manual.c - manual pages, made from the rows of command.h.
 */
#include "manual.h"

#include <ctype.h>
#include <string.h>

const char manual_program[] =
	"awaitness watches when tasks (async/await, coroutines) really suspend and resume, which "
	"locks they hold then and which shared state they touch, and says which locks guard "
	"nothing, which shared state needs a lock and has none, and what each lock costs.";

const char manual_exit_status[] =
	"0: done. 1: the report has what --fail-on asked for; only then. "
	"2: wrong command line. 3: could not run, could not finish, or "
	"--fail-on found nothing and something was lost that could have hidden it. "
	"Whenever it is one of these three, a line on standard error that "
	"begins with `awaitness:` says why. run and record -- COMMAND exit "
	"with the status of COMMAND (128 + n for signal n) if awaitness "
	"itself has none of the three to report.";

static const char *const environment[][2] = {
	{"NO_COLOR", "If set and not empty, text is not coloured unless --color always is given."},
	{"TMPDIR", "Where `run` makes the folder for the file transport. Default: /tmp."},
};

/* Text that roff must not read as requests or escapes. */
static void print_text(FILE *out, const char *text)
{
	bool start = true;

	for (; *text; text++) {
		if (*text == '\n' && text[1] == '\n') {
			fputs("\n.PP\n", out);
			text++;
			start = true;
			continue;
		}
		if (start && (*text == '.' || *text == '\''))
			fputs("\\&", out);
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-')
			fputs("\\-", out);
		else
			fputc(*text, out);
		start = *text == '\n';
	}
}

static void print_option(FILE *out, const struct option_row *o)
{
	fputs(".TP\n", out);
	if (o->letter)
		fprintf(out, "\\fB\\-%c\\fR, ", o->letter);
	fputs("\\fB\\-\\-", out);
	print_text(out, o->name);
	fprintf(out, "\\fR%s%s%s\n", o->argument ? " \\fI" : "", o->argument ? o->argument : "",
	        o->argument ? "\\fR" : "");
	print_text(out, o->help);
	fputc('\n', out);
}

static void print_title(FILE *out, const struct command *c, const char *name, const char *summary)
{
	fprintf(out, ".TH AWAITNESS%s", c ? "\\-" : "");
	for (const char *p = name; c && *p; p++)
		fputc(toupper((unsigned char)*p), out);
	fputs(" 1 \"\" \"awaitness " AWAITNESS_VERSION "\" \"User Commands\"\n.SH NAME\n", out);
	fprintf(out, "awaitness%s%s \\- ", c ? "\\-" : "", name);
	print_text(out, summary);
	fputs("\n.SH SYNOPSIS\n\\fBawaitness\\fR ", out);
}

static void print_tail(FILE *out)
{
	fputs(".SH EXIT STATUS\n", out);
	print_text(out, manual_exit_status);
	fputs("\n.SH ENVIRONMENT\n", out);
	for (size_t i = 0; i < sizeof(environment) / sizeof(*environment); i++) {
		fprintf(out, ".TP\n\\fB%s\\fR\n", environment[i][0]);
		print_text(out, environment[i][1]);
		fputc('\n', out);
	}
}

static void print_command(FILE *out, const struct command *c)
{
	print_title(out, c, c->name, c->summary);
	fprintf(out, "\\fB%s\\fR ", c->name);
	print_text(out, c->usage);
	fputs("\n.SH DESCRIPTION\n", out);
	print_text(out, c->description);
	fputs("\n.SH OPTIONS\n", out);
	for (const struct option_row *const *o = c->options; *o; o++)
		print_option(out, *o);
	print_option(out, &option_help);
	if (c->examples) {
		fputs(".SH EXAMPLES\n.nf\n", out);
		print_text(out, c->examples);
		fputs(".fi\n", out);
	}
	print_tail(out);
	fputs(".SH SEE ALSO\n\\fBawaitness\\fR(1)\n", out);
}

static void print_program(FILE *out)
{
	print_title(out, NULL, "", "a witness for awaits");
	fputs("\\fICOMMAND\\fR [\\fIOPTIONS\\fR] [\\fIARGUMENTS\\fR]\n.SH DESCRIPTION\n", out);
	print_text(out, manual_program);
	fputs("\n.SH COMMANDS\n", out);
	for (const struct command *const *c = commands; *c; c++) {
		fprintf(out, ".TP\n\\fBawaitness\\-%s\\fR(1)\n", (*c)->name);
		print_text(out, (*c)->summary);
		fputc('\n', out);
	}
	print_tail(out);
}

void manual_print(FILE *out, const struct command *c)
{
	if (c)
		print_command(out, c);
	else
		print_program(out);
}
