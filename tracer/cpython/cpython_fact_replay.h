/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_fact_replay.h - a log of facts (cpython_fact_log.h) becomes the events that were told
 * then: through the same translator, without the process, its files or any privilege.
 *
 * A log is read as far as it goes: where it was cut off, what was whole before
 * that is told. It is not trusted: whatever it says, only it is read.
 */
#ifndef CPYTHON_FACT_REPLAY_H
#define CPYTHON_FACT_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "cpython_translate.h"
#include "event/stream.h"

struct cpython_fact_replay {
	uint32_t version; /* of CPython */
	uint32_t pid;
	unsigned detail;
	uint64_t calls;
	/* Reads that the log has no answer for, though it did not fail then: the translator asks
	 * for more than the one that wrote it. */
	uint64_t unanswered;
	bool whole; /* it ends as it should */
	struct cpython_translate_stats stats;
};

/** Does a text begin as a log does? */
bool cpython_fact_replay_fits(const char *text, size_t size);

/**
 * Gives `fn` the batches that the session gave, in its order. 0; -EBADMSG, with
 * the line in `fault`, for what cannot be in a log, -EPROTONOSUPPORT for one of another
 * format or of a CPython that is not known, -ENOMEM, or what `fn` returned. `out` says what was
 * done in any case.
 */
int cpython_fact_replay(const char *text, size_t size, stream_fn fn, void *context,
                        struct cpython_fact_replay *out, struct fault *fault);

#endif
