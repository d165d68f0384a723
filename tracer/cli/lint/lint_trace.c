/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_trace.c - see lint_trace.h. A trace of a Python program names its places itself, so nothing
 * is looked up in the program.
 */
#include "lint_trace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "trace/ctf_reader.h"

static int take(void *context, const struct stream_batch *batch)
{
	struct lint_trace *trace = context;
	int err = analysis_feed(trace->analysis, batch);

	return err ? err : join_trace_feed(trace->places, batch);
}

static int folder_read(const char *path, struct lint_trace *trace)
{
	struct ctf_reader *reader;
	struct fault fault = {0};
	struct ctf_reader_info info;
	int err;

	if (ctf_reader_open(path, &reader, &fault))
		return fail("%s", fault.message);
	err = ctf_read(reader, take, trace, &fault);
	ctf_reader_info(reader, &info);
	ctf_reader_close(reader);
	if (err)
		return *fault.message ? fail("%s", fault.message)
		                      : fail("cannot read %s: %s", path, strerror(-err));
	if (info.cut_bytes || info.unfinished)
		fprintf(stderr,
		        "awaitness: %s is truncated: what it lacks at its end is not used\n", path);
	return STATUS_CLEAN;
}

int lint_trace_read(const char *path, struct lint_trace *out)
{
	int status;

	*out = (struct lint_trace){0};
	if (analysis_new(NULL, &out->analysis) || join_trace_new(&out->places))
		return fail("out of memory");
	status = folder_read(path, out);
	if (status == STATUS_CLEAN && analysis_finish(out->analysis, &out->report))
		status = fail("%s: it could not be analysed", path);
	if (status == STATUS_CLEAN && strcmp(out->report->target.runtime, "cpython") != 0)
		status = fail("%s: it is a trace of a %s program, not of CPython", path,
		              out->report->target.runtime);
	for (size_t i = 0; status == STATUS_CLEAN && i < out->report->unseen_count; i++)
		fprintf(stderr, "awaitness: %s: %s: %s\n", path, out->report->unseen[i].what,
		        out->report->unseen[i].so);
	return status;
}

void lint_trace_fini(struct lint_trace *trace)
{
	analysis_free(trace->analysis);
	join_trace_free(trace->places);
}
