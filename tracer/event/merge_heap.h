/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * merge_heap.h - several rows of events, each in order, taken in the order of
 * all: what the live merge and the trace reader have in common.
 *
 * Events are taken in runs, as long as the row stays ahead of the others, so
 * that the cost is by run and not by event. Of equal times the lower tid goes first.
 */
#ifndef TRACER_MERGE_HEAP_H
#define TRACER_MERGE_HEAP_H

#include <stddef.h>
#include <stdint.h>

#include <awaitness/event.h>

/** A row of events not taken yet, [at, end). The owner embeds it in its stream. */
struct merge_cursor {
	const struct aw_event *at;
	const struct aw_event *end;
	uint32_t pid;
	uint32_t tid;
	uint64_t number; /* of `at` in its stream */
};

/** Zero-initialised: empty. */
struct merge_heap {
	struct merge_cursor **rows; /* a binary heap; rows[0] goes first */
	size_t count;
	size_t room;
};

/** Adds a row that is not empty. 0 or -ENOMEM. */
int merge_heap_add(struct merge_heap *heap, struct merge_cursor *row);

/** How many events of the first row go before those of all others, and have a time of at most
 * `limit`. 0: none has, or the heap is empty. */
size_t merge_heap_run(const struct merge_heap *heap, uint64_t limit);

/** The first row's `at` was moved on (to `end`: the row is taken out). */
void merge_heap_settle(struct merge_heap *heap);

void merge_heap_fini(struct merge_heap *heap);

#endif
