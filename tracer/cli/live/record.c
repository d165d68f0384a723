/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * record.c - awaitness record: events to a trace folder, to be reported on later, elsewhere.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "trace/ctf_writer.h"
#include "cli/interrupt.h"
#include "cpython/cpython_fact_log.h"
#include "live.h"
#include "cli/subject.h"

static void record_tell(const struct ctf_writer *writer, const struct settings *settings)
{
	struct ctf_writer_stats stats;

	ctf_writer_stats(writer, &stats);
	fprintf(stderr,
	        "awaitness: %" PRIu64 " events of %" PRIu64 " streams in %s (%.1f MB), %" PRIu64
	        " lost\n",
	        stats.events, stats.streams, settings->output, (double)stats.bytes / 1e6,
	        stats.lost);
}

/* The source has been stopped: nothing more comes. */
static int record_facts_end(const struct settings *settings, struct subject *subject)
{
	struct cpython_fact_log_stats stats;
	int err;

	if (!subject->facts)
		return STATUS_CLEAN;
	cpython_fact_log_stats(subject->facts, &stats);
	err = cpython_fact_log_close(subject->facts);
	subject->facts = NULL;
	if (err)
		return fail("cannot write the facts %s: %s", settings->facts, strerror(-err));
	fprintf(stderr, "awaitness: %" PRIu64 " facts and the like in %s (%.1f MB)\n", stats.calls,
	        settings->facts, (double)stats.bytes / 1e6);
	return STATUS_CLEAN;
}

static int record_follow(const struct settings *settings, struct subject *subject,
                         struct ctf_writer *writer)
{
	struct live_parts parts = {.settings = settings,
	                           .target = subject->target,
	                           .source = subject->source,
	                           .spawn = subject->started ? &subject->spawn : NULL,
	                           .writer = writer,
	                           .facts = subject->facts};
	int status, seen;

	interrupt_catch();
	status = subject_release(subject);
	if (status != STATUS_CLEAN)
		return status;
	status = live_follow(&parts);
	seen = subject_finish(subject, parts.ended_here);
	return status != STATUS_CLEAN ? status : seen;
}

static int record_to(const struct settings *settings, struct subject *subject)
{
	struct ctf_writer_options options = {.force = settings->force};
	struct ctf_writer *writer;
	struct fault fault = {0};
	int status, err;

	err = ctf_writer_open(settings->output, &options, &writer, &fault);
	if (err)
		return fail("%s", fault.message);
	status = record_follow(settings, subject, writer);
	err = ctf_writer_flush(writer);
	if (err && status == STATUS_CLEAN)
		status = fail("cannot write the trace %s: %s", settings->output, strerror(-err));
	record_tell(writer, settings);
	err = record_facts_end(settings, subject);
	if (status == STATUS_CLEAN)
		status = err;
	ctf_writer_close(writer); /* flushed above: nothing is left that could fail */
	return status != STATUS_CLEAN ? status : subject->exit_status;
}

static int record_run(const struct settings *settings, const struct arguments *arguments)
{
	bool start = arguments->command && *arguments->command;
	struct subject subject = {0};
	int status;

	if (!settings->output)
		return fail_usage(&command_record, "record needs --output DIR");
	if (arguments->count + start != 1)
		return fail_usage(&command_record,
		                  "record takes one process id, or -- and a command");
	status = start ? subject_start(&subject, settings, arguments->command)
	               : subject_attach(&subject, &command_record, settings, arguments->values[0]);
	if (status == STATUS_CLEAN)
		status = record_to(settings, &subject);
	subject_close(&subject);
	return status;
}

const struct command command_record = {
	.name = "record",
	.summary = "write the events of a program to a trace",
	.usage = "[OPTIONS] --output DIR (PID | -- COMMAND [ARGUMENT...])",
	.description =
		"Watches as attach and run do, and writes all events to the trace folder DIR "
		"instead of a report. The trace is CTF 1.8: babeltrace2 and Trace Compass read it "
		"as it is. It can be read up to the last whole packet wherever writing was cut "
		"off; what is under way is written about once a second.\n\n"
		"DIR is made readable for its owner only: it holds names, paths and times of the "
		"program. --force replaces a trace that is there, and never anything else.\n\n"
		"With COMMAND the exit status is that of COMMAND, as run's is.",
	.examples = "  awaitness record -d 10s -o trace 1234\n"
		    "  awaitness record -o trace -- ./server\n"
		    "  awaitness report trace\n",
	.options = (const struct option_row *const[]){&option_trace_output, &option_force,
                                                      &option_duration, &option_detail,
                                                      &option_duty, &option_follow,
                                                      &option_no_cells, &option_transport,
                                                      &option_facts, &option_verbose, NULL},
	.run = record_run,
};
