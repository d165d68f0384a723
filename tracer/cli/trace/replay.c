/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * replay.c - awaitness report DIR: the report of a recorded trace.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "trace/ctf_reader.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "target/symbols.h"
#include "cli/verdict.h"
#include "facts.h"

static const char CUT[] = "the end of the recording is missing";
static const char DAMAGED[] = "the recording is damaged and was read up to there";
static const char INTERRUPTED[] = "the reading was interrupted";

struct replay {
	struct analysis *analysis;
	struct symbols *symbols;
	uint64_t done; /* events */
	uint64_t all;
	bool interrupted;
};

static int replay_take(void *context, const struct stream_batch *batch)
{
	struct replay *replay = context;
	int err = symbols_feed(replay->symbols, batch);

	if (!err)
		err = analysis_feed(replay->analysis, batch);
	replay->done += batch->count;
	progress_show("reading: %" PRIu64 " %% of %" PRIu64 " events",
	              replay->done * 100 / (replay->all ? replay->all : 1), replay->all);
	if (!err && interrupt_count()) {
		replay->interrupted = true;
		err = -ECANCELED;
	}
	return err;
}

/* Reads the trace into the analysis. A trace that is damaged further on is reported on as far as
 * it goes, and the status says that it was. */
static int replay_read(struct replay *replay, struct ctf_reader *reader, const char *path)
{
	struct ctf_reader_info info;
	struct fault fault = {0};
	int err;

	ctf_reader_info(reader, &info);
	replay->all = info.events;
	err = symbols_open(0, &replay->symbols);
	if (err)
		return fail("cannot resolve addresses: %s", strerror(-err));
	interrupt_catch();
	progress_begin();
	err = ctf_read(reader, replay_take, replay, &fault);
	if (!err || replay->interrupted)
		err = symbols_define(replay->symbols, info.end, analysis_feed, replay->analysis);
	progress_clear();
	symbols_close(replay->symbols);
	if (info.cut_bytes)
		fprintf(stderr,
		        "awaitness: %s is truncated: %" PRIu64
		        " bytes at the ends of its files are left out\n",
		        path, info.cut_bytes);
	if (info.cut_bytes || info.unfinished)
		analysis_incomplete(replay->analysis, CUT);
	if (replay->interrupted) {
		fprintf(stderr,
		        "awaitness: interrupted: the report is of the first %" PRIu64 " events\n",
		        replay->done);
		analysis_incomplete(replay->analysis, INTERRUPTED);
	}
	if (err && !replay->interrupted)
		analysis_incomplete(replay->analysis, DAMAGED);
	if (err)
		return *fault.message ? fail("%s", fault.message)
		                      : fail("cannot read %s: %s", path, strerror(-err));
	return STATUS_CLEAN;
}

static int report_trace(struct verdict *verdict, const char *path)
{
	struct replay replay = {.analysis = verdict->analysis};
	struct ctf_reader *reader;
	struct fault fault = {0};
	int status, printed;

	if (ctf_reader_open(path, &reader, &fault))
		return fail("%s", fault.message);
	status = replay_read(&replay, reader, path);
	ctf_reader_close(reader);
	printed = verdict_print(verdict);
	return status != STATUS_CLEAN ? status : printed;
}

struct facts_taken {
	struct analysis *analysis;
	bool any;
};

static int facts_take(void *context, const struct stream_batch *batch)
{
	struct facts_taken *taken = context;

	taken->any = true;
	return interrupt_count() ? -ECANCELED : analysis_feed(taken->analysis, batch);
}

/* What is damaged further on is reported on as far as it goes; of what is no file of facts there is
 * no report. */
static int report_facts(struct verdict *verdict, const char *path)
{
	struct facts_taken taken = {.analysis = verdict->analysis};
	struct facts_end end;
	int status, printed;

	interrupt_catch();
	status = facts_read(path, facts_take, &taken, &end);
	if (end.stopped == -ECANCELED) {
		fprintf(stderr, "awaitness: interrupted: the report is of what was read\n");
		analysis_incomplete(verdict->analysis, INTERRUPTED);
	} else if (end.stopped) {
		status = fail("cannot analyse %s: %s", path, strerror(-end.stopped));
	}
	if (status != STATUS_CLEAN && !taken.any)
		return status;
	if (status != STATUS_CLEAN)
		analysis_incomplete(verdict->analysis, DAMAGED);
	else if (end.cut && !end.stopped)
		analysis_incomplete(verdict->analysis, CUT);
	if (end.unanswered)
		analysis_incomplete(verdict->analysis,
		                    "the recording lacks memory of the program that is asked for");
	printed = verdict_print(verdict);
	return status != STATUS_CLEAN ? status : printed;
}

static int report_run(const struct settings *settings, const struct arguments *arguments)
{
	struct verdict verdict;
	int status;

	if (arguments->count != 1 || arguments->command)
		return fail_usage(&command_report,
		                  "report takes one trace folder or file of facts");
	status = verdict_open(&verdict, &command_report, settings);
	if (status == STATUS_CLEAN)
		status = facts_is(arguments->values[0])
		                 ? report_facts(&verdict, arguments->values[0])
		                 : report_trace(&verdict, arguments->values[0]);
	verdict_close(&verdict);
	return status;
}

const struct command command_report = {
	.name = "report",
	.summary = "report on a recorded trace",
	.usage = "[OPTIONS] (DIR | FILE)",
	.description =
		"Reads the trace folder DIR that awaitness record wrote, or the file of facts that "
		"record --facts did, here or on another "
		"machine, and prints the report that attach or run would have printed. Needs no "
		"privileges.\n\n"
		"A truncated trace is reported on as far as it goes, with a line on standard "
		"error.",
	.examples = "  awaitness report trace\n"
		    "  awaitness report --format json --fail-on lost-update,needless trace\n",
	.options =
		(const struct option_row *const[]){&option_format, &option_output, &option_fail_on,
                                                   &option_baseline, &option_write_baseline,
                                                   &option_only, &option_long_step, &option_color,
                                                   &option_verbose, NULL},
	.run = report_run,
};
