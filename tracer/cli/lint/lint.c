/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint.c - awaitness lint: what can be said of Python source alone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/baseline.h"
#include "cli/command.h"
#include "base/fault.h"
#include "lint_config.h"
#include "lint_diff.h"
#include "lint_trace.h"
#include "cli/output.h"
#include "source/join/join_model.h"
#include "report/lint_format.h"

static const char *const tiers[] = {"high", "watch", NULL};

#define FIELD(member) offsetof(struct settings, member)

static const struct option_row option_lint_format = {
	.name = "format",
	.letter = 'f',
	.argument = "FORMAT",
	.type = OPTION_CHOICE,
	.offset = FIELD(lint_format),
	.choices = lint_formats,
	.help = "text for people (the default), json, sarif (2.1.0), github (annotations), gitlab "
		"(code quality) or junit.",
};
static const struct option_row option_tier = {
	.name = "tier",
	.argument = "TIER",
	.type = OPTION_CHOICE,
	.offset = FIELD(lint_tier),
	.choices = tiers,
	.help = "high (the default): what is almost always right. watch: also what only a trace "
		"can confirm; it is marked as unconfirmed.",
};
static const struct option_row option_diff = {
	.name = "diff",
	.argument = "REV",
	.type = OPTION_STRING,
	.offset = FIELD(lint_diff),
	.help = "Print only findings of which a line was changed since the git revision REV.",
};
static const struct option_row option_trace = {
	.name = "trace",
	.argument = "DIR",
	.type = OPTION_STRING,
	.offset = FIELD(lint_trace),
	.help = "Join what `awaitness record -o DIR` saw of the program: locks whose sections may "
		"suspend and never did, unconfirmed findings that were seen to happen, and places "
		"where lint itself is wrong.",
};
static const struct option_row option_rules = {
	.name = "rules",
	.argument = "LIST",
	.type = OPTION_STRING,
	.offset = FIELD(lint_rules),
	.help = "Only these rules, by id or name, separated by commas.",
};
static const struct option_row option_exclude = {
	.name = "exclude",
	.argument = "LIST",
	.type = OPTION_STRING,
	.offset = FIELD(lint_exclude),
	.help = "Leave out files with one of these in their path, separated by commas.",
};
static const struct option_row option_cache = {
	.name = "cache",
	.argument = "DIR",
	.type = OPTION_STRING,
	.offset = FIELD(lint_cache),
	.help = "Keep lowered files in DIR, so that the next run only reads what changed. Default: "
		"awaitness below $XDG_CACHE_HOME or ~/.cache. none: no cache.",
};

static const struct option_row *const options[] = {
	&option_lint_format, &option_tier,     &option_rules,          &option_exclude,
	&option_trace,       &option_baseline, &option_write_baseline, &option_diff,
	&option_cache,       &option_output,   &option_color,          NULL,
};

/* Makes a folder and the last folder above it. */
static bool folder_make(const char *path)
{
	char up[4096];
	char *slash;

	snprintf(up, sizeof(up), "%s", path);
	slash = strrchr(up, '/');
	if (slash && slash != up) {
		*slash = '\0';
		mkdir(up, 0755);
	}
	return !mkdir(path, 0755) || errno == EEXIST;
}

/* The cache's folder; NULL: none, or it cannot be made. Text in memory of the caller. */
static const char *cache_folder(const struct settings *settings, char *out, size_t size)
{
	const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	int n;

	if (settings->lint_cache && !strcmp(settings->lint_cache, "none"))
		return NULL;
	if (settings->lint_cache)
		n = snprintf(out, size, "%s", settings->lint_cache);
	else if (base && *base)
		n = snprintf(out, size, "%s/awaitness", base);
	else if (home && *home)
		n = snprintf(out, size, "%s/.cache/awaitness", home);
	else
		return NULL;
	return n > 0 && (size_t)n < size && folder_make(out) ? out : NULL;
}

/* Is the rule in the comma-separated list? An empty list has all. */
static bool rule_listed(const char *list, const struct lint_rule *rule)
{
	if (!list)
		return true;
	while (*list) {
		size_t n = strcspn(list, ",");
		char word[64];

		snprintf(word, sizeof(word), "%.*s", (int)(n < 60 ? n : 60), list);
		if (lint_rule_find(word) == rule)
			return true;
		list += n + (list[n] == ',');
	}
	return false;
}

static int rules_check(const char *list)
{
	while (list && *list) {
		size_t n = strcspn(list, ",");
		char word[64];

		snprintf(word, sizeof(word), "%.*s", (int)(n < 60 ? n : 60), list);
		if (!lint_rule_find(word))
			return fail_usage(&command_lint, "there is no rule %s", word);
		list += n + (list[n] == ',');
	}
	return 0;
}

struct selection {
	const struct lint_finding **findings;
	size_t count, waived, known;
};

/* Which findings are told: by tier, rule, waiver, change and baseline, in this order. */
static int findings_select(const struct settings *settings, const struct lint_config *config,
                           const struct lint_model *model, struct selection *out)
{
	struct baseline *baseline = NULL;
	struct lint_diff *diff = NULL;
	size_t count;
	const struct lint_finding *all = lint_model_findings(model, &count);
	int status = 0;

	out->findings = calloc(count + 1, sizeof(*out->findings));
	if (!out->findings)
		return fail("out of memory");
	if (config->baseline && !settings->write_baseline)
		status = baseline_read(config->baseline, &baseline);
	if (!status && settings->lint_diff)
		status = lint_diff_read(settings->lint_diff, &diff);
	for (size_t i = 0; !status && i < count; i++) {
		const struct lint_finding *f = &all[i];

		if ((f->rule->watch && !f->observed && !config->watch) ||
		    !rule_listed(config->rules, f->rule))
			continue;
		if (f->waived)
			out->waived++;
		else if (diff && !lint_diff_touches(diff, f))
			continue;
		else if (baseline && baseline_take(baseline, f->fingerprint))
			out->known++;
		else
			out->findings[out->count++] = f;
	}
	baseline_free(baseline);
	lint_diff_free(diff);
	return status;
}

static int findings_print(const struct settings *settings, const struct lint_model *model,
                          const struct selection *chosen)
{
	struct output output;
	char root[4096];
	struct lint_report report = {.findings = chosen->findings,
	                             .count = chosen->count,
	                             .waived = chosen->waived,
	                             .known = chosen->known,
	                             .model = model,
	                             .root = getcwd(root, sizeof(root))};
	int status = output_open(&output, settings), err;

	if (status)
		return status;
	lint_model_stats(model, &report.stats);
	report.colour = output.colour;
	report.width = output.width;
	err = lint_writers[settings->lint_format](output.file, &report);
	if (err)
		fail("the findings could not be written: %s", strerror(-err));
	status = output_close(&output);
	if (err || status)
		return STATUS_FAILED;
	return chosen->count ? STATUS_FINDINGS : STATUS_CLEAN;
}

/* The paths to read: of the command line, else of the configuration, else the current folder. */
static int paths_choose(const struct lint_config *config, const struct arguments *arguments,
                        struct join_options *o)
{
	static const char *const here[] = {"."};

	o->paths = here;
	o->path_count = 1;
	if (arguments->count) {
		o->paths = (const char *const *)arguments->values;
		o->path_count = (size_t)arguments->count;
	} else if (config->path_count) {
		o->paths = (const char *const *)config->paths;
		o->path_count = config->path_count;
	}
	for (size_t i = 0; i < o->path_count; i++)
		if (access(o->paths[i], R_OK))
			return fail("%s: %s", o->paths[i], strerror(errno));
	return STATUS_CLEAN;
}

static int findings_keep(const char *path, const struct selection *chosen)
{
	struct baseline_entry *entries = calloc(chosen->count + 1, sizeof(*entries));
	int status;

	if (!entries)
		return fail("out of memory");
	for (size_t i = 0; i < chosen->count; i++) {
		const struct lint_finding *f = chosen->findings[i];

		entries[i] = (struct baseline_entry){f->fingerprint, f->rule->id, f->object,
		                                     f->places[0].function};
	}
	status = baseline_write(path, entries, chosen->count);
	free(entries);
	return status;
}

static int model_told(const struct settings *settings, const struct lint_config *config,
                      const struct lint_model *model)
{
	struct selection chosen = {0};
	int status = findings_select(settings, config, model, &chosen);

	if (!status && settings->write_baseline)
		status = findings_keep(settings->write_baseline, &chosen);
	else if (!status)
		status = findings_print(settings, model, &chosen);
	free(chosen.findings);
	return status;
}

static int lint_paths(const struct settings *settings, const struct lint_config *config,
                      const struct arguments *arguments)
{
	char cache[4096];
	struct join_options o = {.findings_only = true,
	                         .exclude = (const char *const *)config->exclude,
	                         .exclude_count = config->exclude_count,
	                         .cache = cache_folder(settings, cache, sizeof(cache))};
	struct lint_trace trace = {0};
	struct lint_model *model;
	struct fault fault = {0};
	int err, status = paths_choose(config, arguments, &o);

	if (!status && settings->lint_trace)
		status = lint_trace_read(settings->lint_trace, &trace);
	if (!status) {
		o.trace = trace.places;
		o.report = trace.report;
		o.fault = &fault;
		err = join_model_open(&o, &model);
		if (err)
			status = fail("the source could not be analysed: %s%s",
			              *fault.message ? fault.message : strerror(-err),
			              *fault.message ? " (--exclude leaves it out)" : "");
		else
			status = model_told(settings, config, model);
		if (!err)
			join_model_close(model);
	}
	lint_trace_fini(&trace);
	return status;
}

static int run(const struct settings *settings, const struct arguments *arguments)
{
	struct lint_config config = {0};
	int status = lint_config_read("pyproject.toml", &config);

	if (!status && settings->lint_tier)
		config.watch = true;
	if (!status && settings->lint_rules)
		status = lint_config_set(&config.rules, settings->lint_rules);
	if (!status && settings->baseline)
		status = lint_config_set(&config.baseline, settings->baseline);
	if (!status && settings->lint_exclude)
		status = lint_config_exclude(&config, settings->lint_exclude);
	if (!status)
		status = rules_check(config.rules);
	if (!status)
		status = lint_paths(settings, &config, arguments);
	lint_config_fini(&config);
	return status;
}

const struct command command_lint = {
	.name = "lint",
	.summary = "find needless locks and unguarded state in Python source",
	.usage = "[OPTION]... [FILE | FOLDER]...",
	.description =
		"Reads the Python source below the given files and folders (default: the current "
		"folder) and says which locks guard nothing and which state is unguarded across a "
		"suspension. Needs no privileges and runs nothing.\n\n"
		"Give all of a program at once: whether a lock is needless depends on everybody "
		"who "
		"uses it.\n\n"
		"A finding is waived by a comment in a line it names, or in the line before: "
		"`# awaitness: ignore[AW001] reason`, or `# awaitness: atomic-by-intent` at a "
		"lock.\n\n"
		"Settings are read from [tool.awaitness] in pyproject.toml: paths, exclude, rules, "
		"tier, baseline. What stands on the command line replaces them.",
	.examples = "awaitness lint src/\n"
		    "awaitness lint --format sarif -o lint.sarif src/\n"
		    "awaitness lint --write-baseline awaitness.json src/\n"
		    "awaitness lint --baseline awaitness.json --diff origin/main src/",
	.options = options,
	.run = run,
};
