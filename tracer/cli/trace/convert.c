/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * convert.c - awaitness convert IN OUT: between the forms of a trace.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/command.h"
#include "trace/ctf_reader.h"
#include "trace/ctf_writer.h"
#include "cli/output.h"
#include "trace/std_format.h"
#include "trace/text_reader.h"
#include "trace/text_writer.h"

enum form { FORM_TRACE, FORM_TEXT, FORM_STD, FORM_NONE };

static const char *const form_names[] = {"trace", "text", "std"};

/* Where the events go. */
struct sink {
	enum form form;
	stream_fn fn;
	void *context;
	struct ctf_writer *trace;
	struct text_writer *text;
	struct std_writer *std;
	struct output output;
	const char *path;
};

static enum form form_named(const char *name)
{
	unsigned form = 0;

	while (form < FORM_NONE && strcmp(name, form_names[form]) != 0)
		form++;
	return (enum form)form;
}

static enum form form_of_path(const char *path)
{
	const char *dot = strrchr(path, '.');

	if (!strcmp(path, "-") || (dot && (!strcmp(dot, ".txt") || !strcmp(dot, ".text"))))
		return FORM_TEXT;
	return dot && !strcmp(dot, ".std") ? FORM_STD : FORM_TRACE;
}

/* STD's lines have bars outside quotes; in the text form one can only stand in a quoted name. */
static enum form form_of_text(const char *text, size_t size)
{
	const char *line = text, *end = text + size;

	while (line < end && (*line == '#' || *line == '\n')) {
		const char *next = memchr(line, '\n', (size_t)(end - line));

		line = next ? next + 1 : end;
	}
	for (; line < end && *line != '\n' && *line != '"'; line++)
		if (*line == '|')
			return FORM_STD;
	return FORM_TEXT;
}

static int sink_open_writer(struct sink *sink)
{
	int err;

	if (sink->form == FORM_STD) {
		err = std_writer_new(sink->output.file, &sink->std);
		sink->fn = std_write;
		sink->context = sink->std;
	} else {
		err = text_writer_new(sink->output.file, &sink->text);
		sink->fn = text_write;
		sink->context = sink->text;
	}
	return err ? fail("cannot write %s: %s", sink->path, strerror(-err)) : STATUS_CLEAN;
}

static int sink_open(struct sink *sink, const struct settings *settings)
{
	struct ctf_writer_options options = {.force = settings->force};
	struct settings output = {.output = sink->path};
	struct fault fault = {0};
	int status;

	if (sink->form == FORM_TRACE) {
		if (ctf_writer_open(sink->path, &options, &sink->trace, &fault))
			return fail("%s", fault.message);
		sink->fn = ctf_write;
		sink->context = sink->trace;
		return STATUS_CLEAN;
	}
	status = output_open(&sink->output, &output);
	return status == STATUS_CLEAN ? sink_open_writer(sink) : status;
}

/* Ends the output; `status` is what has come of it so far. */
static int sink_close(struct sink *sink, int status)
{
	unsigned long long skipped = sink->std ? std_writer_skipped(sink->std) : 0;
	int err = ctf_writer_close(sink->trace);

	err = err ? err : text_writer_free(sink->text);
	err = err ? err : std_writer_free(sink->std);
	if (status == STATUS_CLEAN && err && err != -EPIPE)
		status = fail("cannot write %s: %s", sink->path, strerror(-err));
	if (status == STATUS_CLEAN && !err && sink->output.file)
		status = output_close(&sink->output);
	if (status == STATUS_CLEAN && skipped)
		fprintf(stderr,
		        "awaitness: %llu events have no counterpart in STD and were left out\n",
		        skipped);
	return status;
}

/* All of a file, or of standard input for "-". Returns a status; a message has been printed. */
static int read_whole(const char *path, char **text, size_t *size)
{
	FILE *in = strcmp(path, "-") != 0 ? fopen(path, "re") : stdin;
	FILE *out = open_memstream(text, size);
	char block[65536];
	size_t got;
	int err = 0;

	if (!in || !out) {
		err = errno;
	} else {
		while ((got = fread(block, 1, sizeof(block), in)) > 0 &&
		       fwrite(block, 1, got, out) == got)
			;
		if (ferror(in) || ferror(out))
			err = errno ? errno : EIO;
	}
	if (in && in != stdin)
		fclose(in);
	if (out && fclose(out) && !err)
		err = errno;
	return err ? fail("cannot read %s: %s", path, strerror(err)) : STATUS_CLEAN;
}

/* Says what a reading came to: the input's fault with its line, or the output's. */
static int tell(int err, const struct fault *fault, const char *path, const struct sink *sink)
{
	if (!err || err == -EPIPE)
		return STATUS_CLEAN;
	if (!fault->code)
		return fail("cannot write %s: %s", sink->path, strerror(-err));
	if (fault->line)
		return fail("%s:%u: %s", path, fault->line, fault->message);
	return fail("%s", fault->message);
}

static int convert_trace(const char *path, struct sink *sink, const struct settings *settings)
{
	struct ctf_reader *reader;
	struct fault fault = {0};
	int err, status;

	if (ctf_reader_open(path, &reader, &fault))
		return fail("%s", fault.message);
	status = sink_open(sink, settings);
	if (status == STATUS_CLEAN) {
		err = ctf_read(reader, sink->fn, sink->context, &fault);
		status = tell(err, &fault, path, sink);
	}
	ctf_reader_close(reader);
	return status;
}

/* A stream_fn that takes nothing: a text with a bad line is refused before an output is made. */
static int check_only(void *context, const struct stream_batch *batch)
{
	(void)context;
	(void)batch;
	return 0;
}

static int convert_text(const char *path, enum form from, struct sink *sink,
                        const struct settings *settings)
{
	int (*read)(const char *, size_t, stream_fn, void *, struct fault *);
	struct fault fault = {0};
	char *text = NULL;
	size_t size = 0;
	int status = read_whole(path, &text, &size);

	if (status == STATUS_CLEAN && from == FORM_NONE)
		from = form_of_text(text, size);
	read = from == FORM_STD ? std_read : text_read;
	if (status == STATUS_CLEAN)
		status = tell(read(text, size, check_only, NULL, &fault), &fault, path, sink);
	if (status == STATUS_CLEAN)
		status = sink_open(sink, settings);
	if (status == STATUS_CLEAN)
		status =
			tell(read(text, size, sink->fn, sink->context, &fault), &fault, path, sink);
	free(text);
	return status;
}

static int convert_run(const struct settings *settings, const struct arguments *arguments)
{
	enum form from = settings->from ? form_named(settings->from) : FORM_NONE;
	struct sink sink = {0};
	struct stat about;
	const char *path;
	int status;

	if (arguments->count != 2 || arguments->command)
		return fail_usage(&command_convert, "convert takes an input and an output");
	path = arguments->values[0];
	sink.path = arguments->values[1];
	sink.form = settings->to ? form_named(settings->to) : form_of_path(sink.path);
	if ((settings->from && from == FORM_NONE) || sink.form == FORM_NONE)
		return fail_usage(&command_convert, "the forms are trace, text and std, not %s",
		                  sink.form == FORM_NONE ? settings->to : settings->from);
	if (from == FORM_NONE && strcmp(path, "-") != 0) {
		if (stat(path, &about))
			return fail("cannot read %s: %s", path, strerror(errno));
		from = S_ISDIR(about.st_mode) ? FORM_TRACE : FORM_NONE;
	}
	if (from == FORM_TRACE)
		status = convert_trace(path, &sink, settings);
	else
		status = convert_text(path, from, &sink, settings);
	return sink_close(&sink, status);
}

const struct command command_convert = {
	.name = "convert",
	.summary = "convert between a trace folder, text and RAPID's STD format",
	.usage = "[OPTIONS] IN OUT",
	.description =
		"Reads IN and writes OUT in another form. The forms are `trace` (the folder that "
		"awaitness record writes: CTF 1.8), `text` (one event a line, which can be written "
		"by hand; docs/trace-text.md) and `std` (RAPID's format).\n\n"
		"The form of IN is found out from what it is. OUT is text if its name ends in .txt "
		"or .text or is -, std if it ends in .std, else a trace folder. `-` as IN is "
		"standard input. Text and trace hold the same; STD has threads, locks, accesses, "
		"fork and join only, and how many events that left out is said on standard error.",
	.examples = "  awaitness convert race.txt trace\n"
		    "  awaitness convert trace race.std\n"
		    "  awaitness convert --from std - trace < rapid.log\n",
	.options =
		(const struct option_row *const[]){&option_from, &option_to, &option_force, NULL},
	.run = convert_run,
};
