/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.c - awaitness run -- COMMAND: a program from its first step on, its report.
 */
#include "cli/command.h"
#include "cli/interrupt.h"
#include "live.h"
#include "cli/subject.h"
#include "cli/verdict.h"

static int run_follow(struct verdict *verdict, struct subject *subject)
{
	struct live_parts parts = {.settings = verdict->settings,
	                           .target = subject->target,
	                           .source = subject->source,
	                           .spawn = &subject->spawn,
	                           .analysis = verdict->analysis};
	int status, seen, printed;

	interrupt_catch();
	subject_source(subject, verdict->analysis);
	status = subject_release(subject);
	if (status != STATUS_CLEAN)
		return status;
	status = live_follow(&parts);
	seen = subject_finish(subject, parts.ended_here);
	if (status == STATUS_CLEAN)
		status = seen;
	printed = verdict_print(verdict);
	if (status == STATUS_CLEAN)
		status = printed;
	return status != STATUS_CLEAN ? status : subject->exit_status;
}

static int run_run(const struct settings *settings, const struct arguments *arguments)
{
	struct verdict verdict;
	struct subject subject = {0};
	int status;

	if (!arguments->command || !*arguments->command)
		return fail_usage(&command_run, "which program is to be run?");
	if (arguments->count)
		return fail_usage(&command_run, "'%s' stands before the --", arguments->values[0]);
	status = verdict_open(&verdict, &command_run, settings);
	if (status == STATUS_CLEAN)
		status = subject_start(&subject, settings, arguments->command);
	if (status == STATUS_CLEAN)
		status = run_follow(&verdict, &subject);
	subject_close(&subject);
	verdict_close(&verdict);
	return status;
}

const struct command command_run = {
	.name = "run",
	.summary = "run a program from its first step on and report",
	.usage = "[OPTIONS] [--] COMMAND [ARGUMENT...]",
	.description =
		"Starts COMMAND, watches it from its first step until it ends, and prints the "
		"report. COMMAND has the standard input, output and error of awaitness: use "
		"--output to keep its output and the report apart. Signals are passed on to it; a "
		"second Ctrl-C ends awaitness with the report and leaves the program running. When "
		"--duration is over, the program is sent SIGTERM and has five seconds to end. If "
		"awaitness is killed, the program goes on without it.\n\n"
		"Where eBPF is not permitted (a container in CI), events go through files instead; "
		"this is said on standard error and in the report.\n\n"
		"The exit status is that of COMMAND (128 + n if signal n ended it), unless "
		"awaitness has 1, 2 or 3 of its own to report; then a line of awaitness on "
		"standard error says why. How COMMAND ended is told there, too. That --duration "
		"ended it by SIGTERM counts as 0, and so does a program that is left running.\n\n"
		"Findings in a suite that pytest runs name its tests. A finding is waived by a "
		"comment in a line it names, or in the line before, as for awaitness lint: "
		"`# awaitness: ignore[lost-update] reason`.",
	.examples =
		"  awaitness run -- ./server --port 8080\n"
		"  awaitness run --fail-on any --output report.txt -- ./tests\n"
		"  awaitness run --fail-on findings --baseline known.json -- python3 -m pytest\n",
	.options =
		(const struct option_row *const[]){
			&option_duration, &option_format, &option_output, &option_fail_on,
			&option_baseline, &option_write_baseline, &option_only, &option_long_step,
			&option_detail, &option_duty, &option_follow, &option_no_cells,
			&option_transport, &option_color, &option_verbose, NULL},
	.takes_command = true,
	.run = run_run,
};
