/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * facts.h - a file of facts (record --facts) read as a trace is: its events in one order.
 */
#ifndef CLI_FACTS_H
#define CLI_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "event/stream.h"

/** How the reading of a file ended. */
struct facts_end {
	int stopped;         /* what `fn` returned, a negative errno; 0: it did not stop it */
	bool cut;            /* it was read up to its last whole call */
	uint64_t unanswered; /* pieces of memory that were asked for and are not in it */
};

/** Is it a file, and not the folder of a trace? */
bool facts_is(const char *path);

/**
 * Replays the facts and calls `fn` with their events, in the order of all
 * threads. Returns a status; a message has been printed for any but
 * STATUS_CLEAN, and on standard error what of the file could not be used.
 * Where `fn` itself stopped it, the status is clean. What came before a fault has been passed on.
 */
int facts_read(const char *path, stream_fn fn, void *context, struct facts_end *end);

#endif
