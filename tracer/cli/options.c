/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options.c - all options, one row each, and the loop that reads them.
 *
 * Not getopt_long: rows go straight to struct settings, `run` must stop at the
 * first argument that is no option, and the messages name the value.
 */
#include "options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"

static const char *const formats[] = {"text", "json", NULL};
static const char *const colors[] = {"auto", "always", "never", NULL};
static const char *const transports[] = {"auto", "ebpf", "file", NULL};

static const char *const details[] = {"locks", "steps", "awaits", "all", NULL};

#define FIELD(member) offsetof(struct settings, member)

const struct option_row option_duration = {
	.name = "duration",
	.letter = 'd',
	.argument = "TIME",
	.type = OPTION_DURATION,
	.offset = FIELD(duration_ns),
	.help = "Stop after TIME: 5, 5s, 500ms, 2m, 1h. Without it, go on until the target ends or "
		"until Ctrl-C.",
};
const struct option_row option_format = {
	.name = "format",
	.letter = 'f',
	.argument = "FORMAT",
	.type = OPTION_CHOICE,
	.offset = FIELD(format),
	.choices = formats,
	.help = "Print text for people (the default) or json for programs.",
};
const struct option_row option_output = {
	.name = "output",
	.letter = 'o',
	.argument = "FILE",
	.type = OPTION_STRING,
	.offset = FIELD(output),
	.help = "Write to FILE instead of standard output.",
};
const struct option_row option_trace_output = {
	.name = "output",
	.letter = 'o',
	.argument = "DIR",
	.type = OPTION_STRING,
	.offset = FIELD(output),
	.help = "The trace folder to make. It must not exist; see --force.",
};
const struct option_row option_facts = {
	.name = "facts",
	.argument = "FILE",
	.type = OPTION_STRING,
	.offset = FIELD(facts),
	.help = "Keep the facts about a Python program in FILE, too, as they came from the kernel: "
		"report "
		"and print take FILE as they take a trace, and make the same events of it again. "
		"Not with --follow.",
};
const struct option_row option_fail_on = {
	.name = "fail-on",
	.argument = "LIST",
	.type = OPTION_STRING,
	.offset = FIELD(fail_on),
	.help = "Exit with status 1 if the report has one of LIST, parted by commas: a rule (such "
		"as lost-update), a lock verdict (such as needless), `findings` for any finding, "
		"`any` for any finding and any lock that is needless (which is proven; dormant is "
		"not), bypassed or wrong-lock. What is in the baseline or waived in the source "
		"does not "
		"count.",
};
const struct option_row option_baseline = {
	.name = "baseline",
	.argument = "FILE",
	.type = OPTION_STRING,
	.offset = FIELD(baseline),
	.help = "Leave out the findings that are in FILE, which --write-baseline has made, of lint "
		"or of "
		"a run.",
};
const struct option_row option_write_baseline = {
	.name = "write-baseline",
	.argument = "FILE",
	.type = OPTION_STRING,
	.offset = FIELD(write_baseline),
	.help = "Write the findings to FILE as known, and print none; they do not make the exit "
		"status 1.",
};
const struct option_row option_only = {
	.name = "only",
	.argument = "LIST",
	.type = OPTION_STRING,
	.offset = FIELD(only),
	.help = "Run these analyzers only, parted by commas.",
};
const struct option_row option_long_step = {
	.name = "long-step",
	.argument = "TIME",
	.type = OPTION_DURATION,
	.offset = FIELD(long_step_ns),
	.help = "Report a step that runs for longer than TIME without suspending. Default: 100ms.",
};
const struct option_row option_transport = {
	.name = "transport",
	.argument = "NAME",
	.type = OPTION_CHOICE,
	.offset = FIELD(transport),
	.choices = transports,
	.help = "How events leave the target: ebpf, or file, which needs no privileges. auto (the "
		"default) takes ebpf where it is permitted.",
};
const struct option_row option_force = {
	.name = "force",
	.type = OPTION_FLAG,
	.offset = FIELD(force),
	.help = "Replace the output if it is there already.",
};
const struct option_row option_from = {
	.name = "from",
	.argument = "FORM",
	.type = OPTION_STRING,
	.offset = FIELD(from),
	.help = "Form of the input. Default: found out from the input.",
};
const struct option_row option_to = {
	.name = "to",
	.argument = "FORM",
	.type = OPTION_STRING,
	.offset = FIELD(to),
	.help = "Form of the output. Default: by the name of the output.",
};
const struct option_row option_detail = {
	.name = "detail",
	.argument = "LEVEL",
	.type = OPTION_CHOICE,
	.offset = FIELD(detail),
	.choices = details,
	.help = "How much to see of a Python program, and so how much it costs: steps (suspensions "
		"and the locks held there), locks (the default: also every `with` that takes a "
		"lock), awaits (also passes of every await, and where tasks are made), all "
		"(also who woke whom).",
};
const struct option_row option_duty = {
	.name = "duty",
	.argument = "ON/PERIOD",
	.type = OPTION_STRING,
	.offset = FIELD(duty),
	.help = "Trace a Python program in windows: 1s/10s is one second out of ten.",
};
const struct option_row option_follow = {
	.name = "follow",
	.type = OPTION_FLAG,
	.offset = FIELD(follow),
	.help = "Trace the Python processes that the program starts, too (workers of a server). "
		"They are looked for each 0.2 s; what they did until then is not seen.",
};

const struct option_row option_no_cells = {
	.name = "no-cells",
	.type = OPTION_FLAG,
	.offset = FIELD(no_cells),
	.help = "Do not read a Python program's source and do not watch its attributes: lost "
		"updates "
		"and checks that went stale are not told then. Costs a little less.",
};
const struct option_row option_all = {
	.name = "all",
	.letter = 'a',
	.type = OPTION_FLAG,
	.offset = FIELD(all),
	.help = "Show each task by itself, also those that wait for the same at the same place.",
};
const struct option_row option_man = {
	.name = "man",
	.type = OPTION_FLAG,
	.offset = FIELD(man),
	.help = "Print the help as a manual page (roff).",
};
const struct option_row option_color = {
	.name = "color",
	.argument = "WHEN",
	.type = OPTION_CHOICE,
	.offset = FIELD(color),
	.choices = colors,
	.help = "Colour the text: always, never, or auto (the default): if it goes to a terminal "
		"and NO_COLOR is not set.",
};
const struct option_row option_verbose = {
	.name = "verbose",
	.letter = 'v',
	.type = OPTION_COUNT,
	.offset = FIELD(verbose),
	.help = "Say on standard error what is being done, and how much.",
};
const struct option_row option_help = {
	.name = "help",
	.letter = 'h',
	.type = OPTION_FLAG,
	.offset = FIELD(help),
	.help = "Print this help.",
};

/* The state of one reading. */
struct reading {
	const struct command *command;
	struct settings *settings;
	int argc;
	char **argv;
	int at; /* the next word to read */
	char *message;
};

static int wrong(struct reading *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int wrong(struct reading *r, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(r->message, OPTIONS_MESSAGE, format, list);
	va_end(list);
	return -EINVAL;
}

static const struct option_row *row_by_name(const struct command *c, const char *name,
                                            size_t length)
{
	for (const struct option_row *const *o = c->options; *o; o++)
		if (strlen((*o)->name) == length && memcmp((*o)->name, name, length) == 0)
			return *o;
	return strlen(option_help.name) == length && memcmp(option_help.name, name, length) == 0
	               ? &option_help
	               : NULL;
}

static const struct option_row *row_by_letter(const struct command *c, char letter)
{
	for (const struct option_row *const *o = c->options; *o; o++)
		if ((*o)->letter && (*o)->letter == letter)
			return *o;
	return letter == option_help.letter ? &option_help : NULL;
}

static int set_choice(struct reading *r, const struct option_row *row, const char *value, int *out)
{
	char all[128] = "";

	for (int i = 0; row->choices[i]; i++) {
		if (strcmp(row->choices[i], value) == 0) {
			*out = i;
			return 0;
		}
		strncat(all, i ? ", " : "", sizeof(all) - strlen(all) - 1);
		strncat(all, row->choices[i], sizeof(all) - strlen(all) - 1);
	}
	return wrong(r, "--%s cannot be '%s': it is one of %s", row->name, value, all);
}

/* `value` is "" for what takes none. */
static int set(struct reading *r, const struct option_row *row, const char *value)
{
	void *field = (char *)r->settings + row->offset;
	int err;

	switch (row->type) {
	case OPTION_FLAG:
		*(bool *)field = true;
		return 0;
	case OPTION_COUNT:
		++*(int *)field;
		return 0;
	case OPTION_STRING:
		if (!*value)
			return wrong(r, "--%s needs a %s, not an empty text", row->name,
			             row->argument);
		*(const char **)field = value;
		return 0;
	case OPTION_DURATION:
		err = duration_parse(value, field);
		if (err == -ERANGE)
			return wrong(r, "--%s cannot be '%s': more than a year", row->name, value);
		return err ? wrong(r, "--%s cannot be '%s': write a time such as 5s, 500ms or 2m",
		                   row->name, value)
		           : 0;
	case OPTION_CHOICE:
		return set_choice(r, row, value, field);
	}
	return wrong(r, "option row '%s' has no type", row->name);
}

/* --name, --name=value, --name value. r->at is behind the word already. */
static int read_long(struct reading *r, const char *word)
{
	size_t length = strcspn(word, "=");
	const struct option_row *row = row_by_name(r->command, word, length);
	const char *value = word[length] ? word + length + 1 : NULL;

	if (!row)
		return wrong(r, "there is no option --%.*s", (int)length, word);
	if (!row->argument)
		return value ? wrong(r, "--%s takes no value", row->name) : set(r, row, "");
	if (!value && r->at < r->argc)
		value = r->argv[r->at++];
	return value ? set(r, row, value) : wrong(r, "--%s needs a %s", row->name, row->argument);
}

/* -v, -vv, -oFILE, -o FILE */
static int read_short(struct reading *r, const char *word)
{
	for (; *word; word++) {
		const struct option_row *row = row_by_letter(r->command, *word);
		const char *value = word + 1;
		int err;

		if (!row)
			return wrong(r, "there is no option -%c", *word);
		if (row->argument) {
			if (!*value)
				value = r->at < r->argc ? r->argv[r->at++] : NULL;
			return value ? set(r, row, value)
			             : wrong(r, "-%c needs a %s", *word, row->argument);
		}
		err = set(r, row, "");
		if (err)
			return err;
	}
	return 0;
}

int options_parse(const struct command *command, int argc, char **argv, struct settings *settings,
                  struct arguments *arguments, char *message)
{
	struct reading r = {command, settings, argc, argv, 0, message};
	int err = 0;

	*arguments = (struct arguments){.values = argv};
	while (!err && r.at < argc) {
		char *word = argv[r.at++];

		if (strcmp(word, "--") == 0) {
			arguments->command = argv + r.at;
			break;
		}
		if (word[0] == '-' && word[1] == '-') {
			err = read_long(&r, word + 2);
		} else if (word[0] == '-' && word[1]) {
			err = read_short(&r, word + 1);
		} else if (command->takes_command) {
			arguments->command = argv + r.at - 1;
			break;
		} else {
			arguments->values[arguments->count++] = word;
		}
	}
	return err;
}

int options_pid(const char *text, pid_t *pid)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || end == text || *end || *text == '+' || *text == ' ' || value <= 0 ||
	    value > 0x7fffffff)
		return -EINVAL;
	*pid = (pid_t)value;
	return 0;
}
