/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explain.c - awaitness explain RULE: the page of a rule; without one, the list.
 */
#include <stdio.h>

#include "cli/command.h"
#include "cli/output.h"
#include "report/lint_format.h"

static int run(const struct settings *settings, const struct arguments *arguments)
{
	(void)settings;
	if (!arguments->count)
		for (size_t i = 0; i < LINT_COUNT; i++)
			printf("%s  %-24s %s%s\n", lint_rules[i].id, lint_rules[i].name,
			       lint_rules[i].summary, lint_rules[i].watch ? " (watch)" : "");
	for (int i = 0; i < arguments->count; i++) {
		const struct lint_rule *rule = lint_rule_find(arguments->values[i]);
		const char *page = rule ? lint_rule_page(rule) : NULL;

		if (!rule)
			return fail_usage(&command_explain, "there is no rule %s",
			                  arguments->values[i]);
		fputs(page ? page : rule->summary, stdout);
	}
	return output_close_stdout();
}

static const struct option_row *const options[] = {NULL};

const struct command command_explain = {
	.name = "explain",
	.summary = "print what a rule of lint means",
	.usage = "[RULE]...",
	.description =
		"Prints the page of a rule, by its id or name; without a rule, the list of them.",
	.examples = "awaitness explain AW001\nawaitness explain lost-update",
	.options = options,
	.run = run,
};
