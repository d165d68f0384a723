/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attach.c - awaitness attach PID: a running program, its report.
 */
#include "cli/command.h"
#include "cli/interrupt.h"
#include "live.h"
#include "cli/subject.h"
#include "cli/verdict.h"

static int attach_follow(struct verdict *verdict, const struct subject *subject)
{
	struct live_parts parts = {.settings = verdict->settings,
	                           .target = subject->target,
	                           .source = subject->source,
	                           .analysis = verdict->analysis};
	int followed, printed;

	interrupt_catch();
	subject_source(subject, verdict->analysis);
	followed = live_follow(&parts);
	printed = verdict_print(verdict);
	return followed != STATUS_CLEAN ? followed : printed;
}

static int attach_run(const struct settings *settings, const struct arguments *arguments)
{
	struct verdict verdict;
	struct subject subject = {0};
	int status;

	if (arguments->count != 1 || arguments->command)
		return fail_usage(&command_attach, "attach takes one process id");
	status = verdict_open(&verdict, &command_attach, settings);
	if (status == STATUS_CLEAN)
		status = subject_attach(&subject, &command_attach, settings, arguments->values[0]);
	if (status == STATUS_CLEAN)
		status = attach_follow(&verdict, &subject);
	subject_close(&subject);
	verdict_close(&verdict);
	return status;
}

const struct command command_attach = {
	.name = "attach",
	.summary = "trace a running program and report",
	.usage = "[OPTIONS] PID",
	.description =
		"Attaches to the running process PID through eBPF, watches it until it ends, "
		"--duration is over or Ctrl-C is pressed, detaches, and prints the report. The "
		"process is not stopped, not changed, and never waits for awaitness.\n\n"
		"The process is a stock CPython (3.10 to 3.15), or linked with libawaitness, or "
		"carries the probes of awaitness/probe.h; awaitness doctor PID tells what will be "
		"seen of it. Root is not needed where CAP_BPF and CAP_PERFMON are there "
		"(and CAP_SYS_PTRACE, for another user's process): awaitness doctor tells.",
	.examples = "  awaitness attach --duration 5s 1234\n"
		    "  awaitness attach -d 10s --format json -o report.json 1234\n"
		    "  awaitness attach -d 30s --fail-on any 1234\n",
	.options =
		(const struct option_row *const[]){
			&option_duration, &option_format, &option_output, &option_fail_on,
			&option_baseline, &option_write_baseline, &option_only, &option_long_step,
			&option_detail, &option_duty, &option_follow, &option_no_cells,
			&option_color, &option_verbose, NULL},
	.run = attach_run,
};
