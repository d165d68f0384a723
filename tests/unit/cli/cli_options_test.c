/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cli_options_test.c - options are taken out of a command line, arguments stay.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/options.h"

#define WORDS_MAX 16

static const struct option_row *const rows[] = {&option_duration, &option_format,  &option_output,
                                                &option_force,    &option_verbose, NULL};
static const struct command attaching = {.name = "attach", .options = rows};
static const struct command running = {.name = "run", .options = rows, .takes_command = true};

static struct settings settings;
static struct arguments arguments;
static char message[OPTIONS_MESSAGE];
static char line_copy[256];
static char *words[WORDS_MAX];

/* Parses a line of words parted by blanks. */
static int parse(const struct command *command, const char *line)
{
	int count = 0;
	char *save;

	snprintf(line_copy, sizeof(line_copy), "%s", line);
	for (char *w = strtok_r(line_copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		words[count++] = w;
	words[count] = NULL;
	memset(&settings, 0, sizeof(settings));
	*message = '\0';
	return options_parse(command, count, words, &settings, &arguments, message);
}

static void expect_refused(const struct command *command, const char *line, const char *text)
{
	cr_expect_eq(parse(command, line), -EINVAL, "'%s' is taken", line);
	cr_expect(strstr(message, text), "'%s' gives '%s'", line, message);
}

Test(options, long_and_short_forms_mean_the_same)
{
	static const char *const forms[] = {"--duration 2s 7", "--duration=2s 7", "-d 2s 7",
	                                    "-d2s 7", "7 -d 2s"};

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		cr_assert_eq(parse(&attaching, forms[i]), 0, "%s: %s", forms[i], message);
		cr_expect_eq(settings.duration_ns, 2000000000, "%s", forms[i]);
		cr_assert_eq(arguments.count, 1);
		cr_expect_str_eq(arguments.values[0], "7");
	}
}

Test(options, may_stand_before_between_and_after_arguments)
{
	cr_assert_eq(parse(&attaching, "a --force b --format json c"), 0);
	cr_expect(settings.force);
	cr_expect_eq(settings.format, FORMAT_JSON);
	cr_assert_eq(arguments.count, 3);
	cr_expect_str_eq(arguments.values[0], "a");
	cr_expect_str_eq(arguments.values[2], "c");
}

Test(options, short_flags_can_be_joined_and_counted)
{
	cr_assert_eq(parse(&attaching, "-vvv -vo file"), 0);
	cr_expect_eq(settings.verbose, 4);
	cr_expect_str_eq(settings.output, "file");
}

Test(options, after_two_dashes_everything_is_the_command)
{
	cr_assert_eq(parse(&attaching, "7 -- prog --force -v"), 0);
	cr_expect(!settings.force);
	cr_assert_eq(arguments.count, 1);
	cr_expect_str_eq(arguments.command[0], "prog");
	cr_expect_str_eq(arguments.command[1], "--force");
	cr_expect_null(arguments.command[3]);
}

Test(options, of_a_program_that_is_run_are_left_alone)
{
	cr_assert_eq(parse(&running, "-v prog -v --nonsense"), 0);
	cr_expect_eq(settings.verbose, 1);
	cr_expect_eq(arguments.count, 0);
	cr_expect_str_eq(arguments.command[0], "prog");
	cr_expect_str_eq(arguments.command[2], "--nonsense");
}

Test(options, a_command_that_is_missing_is_not_an_empty_one)
{
	cr_assert_eq(parse(&attaching, "7"), 0);
	cr_expect_null(arguments.command);
	cr_assert_eq(parse(&attaching, "7 --"), 0);
	cr_assert_not_null(arguments.command);
	cr_expect_null(arguments.command[0]);
}

Test(options, a_lone_dash_is_an_argument)
{
	cr_assert_eq(parse(&attaching, "- -o -"), 0);
	cr_expect_str_eq(arguments.values[0], "-");
	cr_expect_str_eq(settings.output, "-");
}

Test(options, help_goes_without_saying)
{
	cr_assert_eq(parse(&attaching, "--help"), 0);
	cr_expect(settings.help);
	cr_assert_eq(parse(&attaching, "-h"), 0);
	cr_expect(settings.help);
}

Test(options, what_is_wrong_is_named)
{
	expect_refused(&attaching, "--nonsense", "--nonsense");
	expect_refused(&attaching, "--nonsense=5", "no option --nonsense");
	expect_refused(&attaching, "-z", "-z");
	expect_refused(&attaching, "-vz", "-z");
	expect_refused(&attaching, "--duration", "needs a TIME");
	expect_refused(&attaching, "-d", "needs a TIME");
	expect_refused(&attaching, "--duration soon", "soon");
	expect_refused(&attaching, "--duration=", "''");
	expect_refused(&attaching, "--duration 999999h", "a year");
	expect_refused(&attaching, "--format xml", "one of text, json");
	expect_refused(&attaching, "--force=yes", "takes no value");
	expect_refused(&attaching, "--output=", "needs a FILE");
	expect_refused(&attaching, "--durations 5", "--durations");
	expect_refused(&attaching, "--dur 5", "--dur");
}

Test(options, a_very_long_word_does_not_overflow_the_message)
{
	char line[250] = "--";

	memset(line + 2, 'x', sizeof(line) - 3);
	line[sizeof(line) - 1] = '\0';
	cr_expect_eq(parse(&attaching, line), -EINVAL);
	cr_expect_lt(strlen(message), OPTIONS_MESSAGE);
}

Test(options, a_process_id_is_a_positive_number_and_nothing_else)
{
	static const char *const wrong[] = {"",   "0",  "-1",   "1x", "+1",         " 1",
	                                    "0x", "1 ", "self", "1.", "99999999999"};
	pid_t pid = 0;

	cr_expect_eq(options_pid("1", &pid), 0);
	cr_expect_eq(pid, 1);
	cr_expect_eq(options_pid("4194304", &pid), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		cr_expect_eq(options_pid(wrong[i], &pid), -EINVAL, "'%s' is taken", wrong[i]);
}
