/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stream.h - batches of events as they travel through the tool.
 *
 * Everything that yields events (a session, a trace on disk, a text file)
 * calls a stream_fn with batches; everything that takes them (the trace
 * writer, the analyzers, print) is a stream_fn. A batch is of one stream, in
 * its order. After the merge (merge.h) batches of different streams come in
 * an order that is legal for the whole target.
 */
#ifndef TRACER_STREAM_H
#define TRACER_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include <awaitness/event.h>

/** A run of events of one thread. Lives only during the call it is passed to. */
struct stream_batch {
	uint32_t pid;
	uint32_t tid;
	uint64_t first; /* number of events[0] in its stream */
	const struct aw_event *events;
	size_t count;
};

/** Takes a batch. Returns 0, or a negative errno that stops the source and is passed on. */
typedef int (*stream_fn)(void *context, const struct stream_batch *batch);

#endif
