/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * print.c - awaitness print DIR: a trace as text, one event a line.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "trace/ctf_reader.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "facts.h"
#include "trace/text_writer.h"

static int print_take(void *writer, const struct stream_batch *batch)
{
	return interrupt_count() ? -ECANCELED : text_write(writer, batch);
}

static int print_events(struct ctf_reader *reader, const char *path, struct output *output)
{
	struct text_writer *writer;
	struct fault fault = {0};
	int err = text_writer_new(output->file, &writer), last;

	if (err)
		return fail("cannot print %s: %s", path, strerror(-err));
	interrupt_catch();
	err = ctf_read(reader, print_take, writer, &fault);
	last = text_writer_free(writer);
	if (fault.code)
		return fail("%s", fault.message);
	if (!err)
		err = last;
	if (err && err != -EPIPE && err != -ECANCELED)
		return fail("cannot write to %s: %s", output->name, strerror(-err));
	return err ? STATUS_CLEAN : output_close(output);
}

static int print_trace(const struct settings *settings, const char *path)
{
	struct ctf_reader *reader;
	struct ctf_reader_info info;
	struct fault fault = {0};
	struct output output;
	int status;

	if (ctf_reader_open(path, &reader, &fault))
		return fail("%s", fault.message);
	status = output_open(&output, settings);
	if (status == STATUS_CLEAN)
		status = print_events(reader, path, &output);
	ctf_reader_info(reader, &info);
	ctf_reader_close(reader);
	if (info.cut_bytes)
		fprintf(stderr,
		        "awaitness: %s is truncated: %" PRIu64
		        " bytes at the ends of its files are left out\n",
		        path, info.cut_bytes);
	else if (info.unfinished)
		fprintf(stderr, "awaitness: %s was not finished: its end is missing\n", path);
	return status;
}

static int print_facts(const struct settings *settings, const char *path)
{
	struct text_writer *writer;
	struct output output;
	struct facts_end end;
	int status = output_open(&output, settings), err;

	if (status != STATUS_CLEAN)
		return status;
	err = text_writer_new(output.file, &writer);
	if (err)
		return fail("cannot print %s: %s", path, strerror(-err));
	interrupt_catch();
	status = facts_read(path, print_take, writer, &end);
	err = text_writer_free(writer);
	if (end.stopped)
		err = end.stopped;
	if (err && err != -EPIPE && err != -ECANCELED)
		return fail("cannot write to %s: %s", output.name, strerror(-err));
	if (err || status != STATUS_CLEAN)
		return status;
	return output_close(&output);
}

static int print_run(const struct settings *settings, const struct arguments *arguments)
{
	if (arguments->count != 1 || arguments->command)
		return fail_usage(&command_print, "print takes one trace folder or file of facts");
	return facts_is(arguments->values[0]) ? print_facts(settings, arguments->values[0])
	                                      : print_trace(settings, arguments->values[0]);
}

const struct command command_print = {
	.name = "print",
	.summary = "print a recorded trace as text",
	.usage = "[OPTIONS] (DIR | FILE)",
	.description =
		"Prints the events of the trace folder DIR, or of the facts that record --facts "
		"kept in FILE, one a line, in the order of all "
		"threads: time in nanoseconds, task, kind of event, and what it is about. Ids "
		"stand behind the names (`w1#5`), so the text holds all that the trace does: "
		"awaitness convert makes a trace of it again. Names that the target chose are "
		"escaped.",
	.examples = "  awaitness print trace | grep lock-taken\n",
	.options = (const struct option_row *const[]){&option_output, NULL},
	.run = print_run,
};
