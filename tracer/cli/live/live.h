/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live.h - a running target: from its source through the merge to a trace, an
 * analysis, or both. What attach, run and record share.
 */
#ifndef CLI_LIVE_H
#define CLI_LIVE_H

#include "analysis.h"
#include "cli/command.h"
#include "trace/ctf_writer.h"
#include "event/source.h"
#include "target/spawn.h"
#include "target/target.h"

struct live_parts {
	const struct settings *settings;
	const struct target *target;    /* must outlive the live */
	struct source *source;          /* stays the caller's */
	struct spawn *spawn;            /* what `run` started; NULL: attached to */
	struct ctf_writer *writer;      /* NULL: no trace */
	struct cpython_fact_log *facts; /* NULL: they are not kept */
	struct analysis *analysis;      /* NULL: no report */
	bool ended_here; /* set by live_follow: the duration was over, and `spawn` was sent SIGTERM
	                  */
};

/**
 * Follows the target until it ends, the duration is over or a signal came, then
 * stops the source and defines the sites that were used. Prints progress and,
 * with -v, what became of the events. Returns a status; a message has been
 * printed for any but STATUS_CLEAN. What was seen until a failure has been
 * passed on.
 */
int live_follow(struct live_parts *parts);

#endif
