/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verdict.c - an analysis from its options to the printed report and the exit status.
 */
#include "verdict.h"

#include <errno.h>
#include <string.h>

#include "rules/analyzer.h"
#include "fail_on.h"
#include "report/report.h"

static int verdict_no_analyzer(const struct command *command, const char *only)
{
	char names[512] = "";

	for (const struct analyzer *const *a = analyzers; *a; a++) {
		strncat(names, *names ? ", " : "", sizeof(names) - strlen(names) - 1);
		strncat(names, (*a)->name, sizeof(names) - strlen(names) - 1);
	}
	return fail_usage(command, "--only '%s' names no analyzer; there are %s", only, names);
}

int verdict_open(struct verdict *verdict, const struct command *command,
                 const struct settings *settings)
{
	struct analysis_options options = {.only = settings->only,
	                                   .long_step_ns = settings->long_step_ns};
	const char *word;
	size_t length;
	int err;

	*verdict = (struct verdict){.settings = settings};
	if (fail_on_check(settings->fail_on, &word, &length))
		return fail_usage(command, "--fail-on does not know '%.*s'", (int)length, word);
	err = analysis_new(&options, &verdict->analysis);
	if (err == -ENOENT)
		return verdict_no_analyzer(command, settings->only);
	if (err)
		return fail("cannot start the analysis: %s", strerror(-err));
	err = known_open(&verdict->known, settings);
	if (err)
		return err;
	return output_open(&verdict->output, settings);
}

static int verdict_status(const char *list, const struct report *report)
{
	char what[200];

	switch (fail_on_judge(list, report, what, sizeof(what))) {
	case FAIL_ON_FOUND:
		fail("--fail-on %s: the report has %s", list, what);
		return STATUS_FINDINGS;
	case FAIL_ON_HIDDEN:
		return fail("--fail-on %s: nothing of it was found, but not all was seen: %s", list,
		            what);
	case FAIL_ON_NOTHING:
		break;
	}
	return STATUS_CLEAN;
}

/* The findings become known, instead of being printed. What was not seen is in no baseline. */
static int verdict_keep(struct verdict *verdict, const struct report *report)
{
	int status = known_write(verdict->settings->write_baseline, report), closed;

	for (size_t i = 0; i < report->unseen_count; i++)
		fprintf(stderr, "awaitness: not seen: %s: %s\n", report->unseen[i].what,
		        report->unseen[i].so);
	closed = output_close(&verdict->output);
	return status != STATUS_CLEAN ? status : closed;
}

int verdict_print(struct verdict *verdict)
{
	const struct settings *settings = verdict->settings;
	struct report_options options = {.colour = verdict->output.colour,
	                                 .verbose = settings->verbose > 0,
	                                 .width = verdict->output.width};
	const struct report *report;
	int err, status;

	err = analysis_finish(verdict->analysis, &report);
	if (err)
		return fail("cannot finish the analysis: %s", strerror(-err));
	report = known_apply(&verdict->known, report);
	if (!report)
		return fail("cannot finish the analysis: %s", strerror(ENOMEM));
	if (settings->write_baseline)
		return verdict_keep(verdict, report);
	report_write(report, option_format.choices[settings->format], verdict->output.file,
	             &options); /* a failure is in the stream, and output_close tells it */
	status = output_close(&verdict->output);
	return status == STATUS_CLEAN ? verdict_status(settings->fail_on, report) : status;
}

void verdict_close(struct verdict *verdict)
{
	analysis_free(verdict->analysis);
	verdict->analysis = NULL;
	known_close(&verdict->known);
	if (verdict->output.file && verdict->output.file != stdout)
		fclose(verdict->output.file);
	verdict->output.file = NULL;
}
