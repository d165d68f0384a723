/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * merge.c - holds back what might be overtaken, and passes on the rest.
 *
 * What is held is kept in chunks, a list for each stream, so that a batch is
 * copied once at most. Everything older than `safe` has been waited for: it is
 * the least of the streams' newest times, a silent stream counting as having
 * been heard of `delay` ago.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "event/event_table.h"
#include "merge.h"
#include "event/merge_heap.h"

#define BUCKETS 256u

struct chunk {
	struct chunk *next;
	uint64_t first;
	size_t count;
	struct aw_event events[];
};

struct merge_stream {
	struct merge_cursor row; /* first member: the heap gives it back. Of the oldest chunk */
	struct merge_stream *next_in_bucket;
	struct merge_stream *next; /* of all */
	struct chunk *oldest;
	struct chunk *newest;
	uint64_t heard; /* time of its newest event, or when it was opened */
	bool ended;
};

struct merge {
	stream_fn fn;
	void *context;
	uint64_t delay;
	uint64_t start;  /* of the clock, 0: not started */
	uint64_t now;    /* as last told */
	uint64_t passed; /* time of the newest event passed on */
	struct merge_stream *buckets[BUCKETS];
	struct merge_stream *streams;
	struct merge_heap heap;
	struct merge_stats stats;
};

static struct merge_stream *find(struct merge *merge, uint32_t pid, uint32_t tid)
{
	struct merge_stream **bucket = &merge->buckets[(pid * 31 + tid) % BUCKETS];
	struct merge_stream *stream = *bucket;

	while (stream && !(stream->row.pid == pid && stream->row.tid == tid))
		stream = stream->next_in_bucket;
	if (stream)
		return stream;
	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return NULL;
	stream->row.pid = pid;
	stream->row.tid = tid;
	stream->next_in_bucket = *bucket;
	*bucket = stream;
	stream->next = merge->streams;
	merge->streams = stream;
	merge->stats.streams++;
	return stream;
}

/* The time up to which nothing will be overtaken, as far as the delay allows. */
static uint64_t safe_time(const struct merge *merge)
{
	uint64_t patience = merge->now > merge->delay ? merge->now - merge->delay : 0;
	uint64_t safe = UINT64_MAX;

	if (merge->start == 0 || merge->now - merge->start < merge->delay)
		return patience;
	for (const struct merge_stream *stream = merge->streams; stream; stream = stream->next)
		if (!stream->ended && stream->heard < safe)
			safe = stream->heard;
	return safe > patience ? safe : patience;
}

static int pass_on(struct merge *merge, const struct stream_batch *batch)
{
	merge->stats.events += batch->count;
	if (batch->events[0].time < merge->passed) {
		for (size_t i = 0; i < batch->count && batch->events[i].time < merge->passed; i++)
			merge->stats.late++;
	}
	if (batch->events[batch->count - 1].time > merge->passed)
		merge->passed = batch->events[batch->count - 1].time;
	return merge->fn(merge->context, batch);
}

static int hold(struct merge *merge, struct merge_stream *stream, const struct stream_batch *batch)
{
	size_t size = batch->count * sizeof(*batch->events);
	struct chunk *chunk = malloc(sizeof(*chunk) + size);

	if (!chunk)
		return -ENOMEM;
	chunk->next = NULL;
	chunk->first = batch->first;
	chunk->count = batch->count;
	memcpy(chunk->events, batch->events, size);
	merge->stats.held += batch->count;
	merge->stats.copied += batch->count;
	if (stream->oldest) {
		stream->newest = stream->newest->next = chunk;
		return 0;
	}
	stream->oldest = stream->newest = chunk;
	stream->row.at = chunk->events;
	stream->row.end = chunk->events + chunk->count;
	stream->row.number = chunk->first;
	if (merge_heap_add(&merge->heap, &stream->row) == 0)
		return 0;
	stream->oldest = NULL;
	free(chunk);
	return -ENOMEM;
}

/* The row's chunk is used up: goes to the next one. */
static void next_chunk(struct merge_stream *stream)
{
	struct chunk *chunk = stream->oldest;

	stream->oldest = chunk->next;
	free(chunk);
	if (!stream->oldest)
		return;
	stream->row.at = stream->oldest->events;
	stream->row.end = stream->row.at + stream->oldest->count;
	stream->row.number = stream->oldest->first;
}

/* Passes on a run of what is held. Returns 1, 0 if nothing is old enough, or a negative errno. */
static int release_run(struct merge *merge, uint64_t limit)
{
	size_t run = merge_heap_run(&merge->heap, limit);
	struct merge_stream *stream;
	struct stream_batch batch;
	int code;

	if (run == 0)
		return 0;
	stream = (struct merge_stream *)merge->heap.rows[0];
	batch = (struct stream_batch){stream->row.pid, stream->row.tid, stream->row.number,
	                              stream->row.at, run};
	code = pass_on(merge, &batch);
	for (size_t i = 0; i < run; i++)
		stream->row.number += event_numbers(&stream->row.at[i]);
	stream->row.at += run;
	merge->stats.held -= run;
	if (stream->row.at == stream->row.end)
		next_chunk(stream);
	merge_heap_settle(&merge->heap);
	return code < 0 ? code : 1;
}

static int release(struct merge *merge, uint64_t limit)
{
	int code;

	while ((code = release_run(merge, limit)) > 0)
		;
	while (code == 0 && merge->stats.held * sizeof(struct aw_event) > MERGE_HELD_MAX) {
		uint64_t held = merge->stats.held;

		code = release_run(merge, UINT64_MAX);
		merge->stats.forced += held - merge->stats.held;
		code = code < 0 ? code : 0;
	}
	return code;
}

int merge_new(uint64_t delay, stream_fn fn, void *context, struct merge **out)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	(*out)->delay = delay ? delay : MERGE_DELAY_NS;
	(*out)->fn = fn;
	(*out)->context = context;
	return 0;
}

int merge_feed(void *context, const struct stream_batch *batch)
{
	struct merge *merge = context;
	struct merge_stream *stream;
	uint64_t newest;
	int code;

	if (batch->count == 0)
		return 0;
	stream = find(merge, batch->pid, batch->tid);
	if (!stream)
		return -ENOMEM;
	newest = batch->events[batch->count - 1].time;
	if (newest > stream->heard)
		stream->heard = newest;
	stream->ended = batch->events[batch->count - 1].kind == AW_THREAD_END;
	if (merge->heap.count == 0 && newest <= safe_time(merge))
		return pass_on(merge, batch);
	code = hold(merge, stream, batch);
	return code < 0 ? code : release(merge, safe_time(merge));
}

int merge_open(struct merge *merge, uint32_t pid, uint32_t tid, uint64_t now)
{
	struct merge_stream *stream = find(merge, pid, tid);

	if (!stream)
		return -ENOMEM;
	if (now > stream->heard)
		stream->heard = now;
	stream->ended = false;
	return 0;
}

void merge_end(struct merge *merge, uint32_t pid, uint32_t tid)
{
	struct merge_stream *stream = find(merge, pid, tid);

	if (stream)
		stream->ended = true;
}

int merge_tick(struct merge *merge, uint64_t now)
{
	if (merge->start == 0)
		merge->start = now;
	if (now > merge->now)
		merge->now = now;
	return release(merge, safe_time(merge));
}

int merge_flush(struct merge *merge)
{
	return release(merge, UINT64_MAX);
}

void merge_stats(const struct merge *merge, struct merge_stats *out)
{
	*out = merge->stats;
}

void merge_free(struct merge *merge)
{
	if (!merge)
		return;
	for (struct merge_stream *stream = merge->streams, *next; stream; stream = next) {
		next = stream->next;
		while (stream->oldest)
			next_chunk(stream);
		free(stream);
	}
	merge_heap_fini(&merge->heap);
	free(merge);
}
