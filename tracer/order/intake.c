// SPDX-License-Identifier: BSD-2-Clause
/*
 * intake.c - per-stream numbers in a hash table with linear probing.
 *
 * Streams that ended leave their slot to be thrown out when the table next
 * grows, so its size follows the streams alive.
 */
#include "intake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GATHER_ROOM 512u /* records */
#define DIRECT      128u /* a run at least this long is passed on as it is */

struct stream {
	uint64_t key; /* pid << 32 | tid, 0: slot never used */
	uint64_t generation;
	uint64_t expected;
	uint64_t last; /* time of the last record delivered, 0: none */
	bool alive;
};

struct intake {
	struct stream *streams;
	size_t room; /* a power of two */
	size_t used; /* slots ever used since the last growth */
	struct intake_stats stats;
	uint32_t pid, tid; /* of the records gathered */
	uint64_t first;
	size_t gathered;
	struct aw_event events[GATHER_ROOM];
};

int intake_new(struct intake **out)
{
	struct intake *intake = calloc(1, sizeof(*intake));

	*out = NULL;
	if (!intake)
		return -ENOMEM;
	intake->room = 64;
	intake->streams = calloc(intake->room, sizeof(*intake->streams));
	if (!intake->streams) {
		free(intake);
		return -ENOMEM;
	}
	*out = intake;
	return 0;
}

void intake_free(struct intake *intake)
{
	if (!intake)
		return;
	free(intake->streams);
	free(intake);
}

/* The slot of `key`, or the free one where it would go. */
static struct stream *slot_find(struct stream *streams, size_t room, uint64_t key)
{
	size_t i = (key * 0x9e3779b97f4a7c15ull) >> 32;

	while (streams[i & (room - 1)].key && streams[i & (room - 1)].key != key)
		i++;
	return &streams[i & (room - 1)];
}

static int table_grow(struct intake *intake)
{
	size_t alive = 0, room = 64;
	struct stream *streams;

	for (size_t i = 0; i < intake->room; i++)
		alive += intake->streams[i].alive;
	while (room < 4 * (alive + 1))
		room *= 2;
	streams = calloc(room, sizeof(*streams));
	if (!streams)
		return -ENOMEM;
	for (size_t i = 0; i < intake->room; i++)
		if (intake->streams[i].alive)
			*slot_find(streams, room, intake->streams[i].key) = intake->streams[i];
	free(intake->streams);
	intake->streams = streams;
	intake->room = room;
	intake->used = alive;
	return 0;
}

static struct stream *stream_get(struct intake *intake, const struct intake_batch *batch)
{
	uint64_t key = (uint64_t)batch->pid << 32 | batch->tid;
	struct stream *stream = slot_find(intake->streams, intake->room, key);

	if (!stream->key && 2 * (intake->used + 1) > intake->room) {
		if (table_grow(intake))
			return NULL;
		stream = slot_find(intake->streams, intake->room, key);
	}
	intake->used += !stream->key;
	if (!stream->alive || stream->generation != batch->generation)
		*stream = (struct stream){.key = key,
		                          .generation = batch->generation,
		                          .expected = batch->begin,
		                          .alive = true};
	return stream;
}

static int deliver(struct intake *intake, const struct stream_batch *batch, stream_fn fn,
                   void *context)
{
	intake->stats.batches++;
	return fn(context, batch);
}

int intake_flush(struct intake *intake, stream_fn fn, void *context)
{
	struct stream_batch batch = {
		.pid = intake->pid,
		.tid = intake->tid,
		.first = intake->first,
		.events = intake->events,
		.count = intake->gathered,
	};

	if (!intake->gathered)
		return 0;
	intake->gathered = 0;
	return deliver(intake, &batch, fn, context);
}

/* Gathers a short run of records that goes on where the last one ended, if any. */
static void gather(struct intake *intake, const struct intake_batch *batch, const void *events,
                   uint64_t first, size_t count)
{
	if (!intake->gathered) {
		intake->pid = batch->pid;
		intake->tid = batch->tid;
		intake->first = first;
	}
	memcpy(intake->events + intake->gathered, events, count * sizeof(struct aw_event));
	intake->gathered += count;
}

/* Passes on or gathers records that are all new. */
static int run_take(struct intake *intake, const struct intake_batch *batch, const void *events,
                    uint64_t first, size_t count, stream_fn fn, void *context)
{
	bool aligned = (uintptr_t)events % _Alignof(struct aw_event) == 0;
	struct stream_batch run = {
		.pid = batch->pid, .tid = batch->tid, .first = first, .count = count};
	const char *from = events;
	int code = 0;

	if (intake->pid != batch->pid || intake->tid != batch->tid ||
	    intake->first + intake->gathered != first || count >= DIRECT)
		code = intake_flush(intake, fn, context);
	if (!code && aligned && count >= DIRECT) {
		run.events = events;
		return deliver(intake, &run, fn, context);
	}
	while (!code && count) {
		size_t room = GATHER_ROOM - intake->gathered;
		size_t n = count < room ? count : room;

		gather(intake, batch, from, first, n);
		from += n * sizeof(struct aw_event);
		first += n;
		count -= n;
		if (n == room)
			code = intake_flush(intake, fn, context);
	}
	return code;
}

static uint64_t time_of(const void *events)
{
	struct aw_event event;

	memcpy(&event, events, sizeof(event));
	return event.time;
}

/* Tells that [stream->expected, upto) is missing; it happened before `until`. */
static int gap_tell(struct intake *intake, const struct intake_batch *batch, struct stream *stream,
                    uint64_t upto, uint64_t until, stream_fn fn, void *context)
{
	struct aw_event event = {
		.time = stream->last && stream->last < until ? stream->last : until,
		.kind = AW_LOST,
		.object = upto - stream->expected,
		.site = until,
	};
	struct stream_batch lost = {
		.pid = batch->pid,
		.tid = batch->tid,
		.first = stream->expected,
		.events = &event,
		.count = 1,
	};
	int code = intake_flush(intake, fn, context);

	intake->stats.lost += event.object;
	stream->expected = upto;
	return code ? code : deliver(intake, &lost, fn, context);
}

int intake_feed(struct intake *intake, const struct intake_batch *batch, stream_fn fn,
                void *context)
{
	struct stream *stream = stream_get(intake, batch);
	const char *events = batch->events;
	uint64_t first = batch->first, skip;
	size_t count = batch->count;
	int code = 0;

	if (!stream)
		return -ENOMEM;
	if (first > stream->expected)
		code = gap_tell(intake, batch, stream, first, count ? time_of(events) : batch->time,
		                fn, context);
	if (batch->ended)
		stream->alive = false;
	if (code || first + count <= stream->expected)
		return code;
	skip = stream->expected - first;
	events += skip * sizeof(struct aw_event);
	count -= skip;
	stream->expected += count;
	stream->last = time_of(events + (count - 1) * sizeof(struct aw_event));
	intake->stats.events += count;
	return run_take(intake, batch, events, first + skip, count, fn, context);
}

void intake_stats(const struct intake *intake, struct intake_stats *out)
{
	*out = intake->stats;
}
