/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * source.h - where live events come from: one interface, one file per source.
 *
 * session.c (eBPF on our runtime or on probe.h), file_transport.c (no BPF
 * permitted), cpython/ (stock CPython). A subcommand opens the source that
 * fits the target, polls it until it is done, stops it and closes it.
 */
#ifndef TRACER_SOURCE_H
#define TRACER_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "stream.h"

/** What became of the events, so that a report can say it. Counts since open. */
struct source_stats {
	uint64_t events; /* delivered */
	uint64_t batches;
	uint64_t lost;          /* records known to be missing; each is also in a LOST event */
	uint64_t hits;          /* probe hits in the kernel */
	uint64_t kernel_missed; /* hits the kernel did not run the program for (recursion, ...) */
	bool ended;             /* the target is gone: nothing more will come */
};

struct source;

struct source_ops {
	const char *name; /* "ebpf", "file", ...: the report's `transport` */
	/* Delivers what is there, waiting at most timeout_ms for the first. Returns the number of
	 * batches delivered, 0: none, or a negative errno. */
	int (*poll)(struct source *, int timeout_ms, stream_fn fn, void *context);
	/* Detaches from the target and delivers what was still under way. Idempotent. */
	int (*stop)(struct source *, stream_fn fn, void *context);
	void (*stats)(const struct source *, struct source_stats *out);
	void (*close)(struct source *); /* stops if needed, frees; takes NULL */
};

/** First member of every source. */
struct source {
	const struct source_ops *ops;
};

#endif
