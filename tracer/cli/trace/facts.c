/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * facts.c - see facts.h.
 */
#include "facts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/plain_file.h"
#include "cli/command.h"
#include "cpython/cpython_fact_replay.h"
#include "event/event_table.h"
#include "order/merge.h"

struct facts {
	stream_fn fn;
	void *context;
	int stopped;   /* what `fn` returned */
	uint64_t next; /* number of the next record of the tracer's own stream */
	uint64_t time; /* of the newest before the merge */
	struct merge *merge;
};

bool facts_is(const char *path)
{
	struct stat about;

	return !stat(path, &about) && S_ISREG(about.st_mode);
}

static int file_read(int file, char **text, size_t *size)
{
	struct stat about;
	ssize_t got = 1;

	*size = 0;
	if (fstat(file, &about))
		return -errno;
	*text = malloc((size_t)about.st_size + 1);
	if (!*text)
		return -ENOMEM;
	while (got > 0 && *size < (size_t)about.st_size) {
		got = read(file, *text + *size, (size_t)about.st_size - *size);
		*size += got > 0 ? (size_t)got : 0;
	}
	return got < 0 ? -errno : 0;
}

/* A stream_fn behind the merge. Several parts of the tracer write to its own stream: it is numbered
 * here, as in live.c. */
static int hand_on(void *context, const struct stream_batch *batch)
{
	struct facts *facts = context;
	struct stream_batch own = *batch;

	if (own.tid == 0) {
		own.first = facts->next;
		for (size_t i = 0; i < own.count; i++)
			facts->next += event_numbers(&own.events[i]);
	}
	facts->stopped = facts->fn(facts->context, &own);
	return facts->stopped;
}

/* A stream_fn before the merge. What was read when the target was attached to is told behind what
 * says so, with an earlier time: in a trace no time of a stream goes back. */
static int take(void *context, const struct stream_batch *batch)
{
	struct facts *facts = context;
	struct stream_batch own = *batch;
	struct aw_event *events;
	int err;

	if (batch->tid)
		return merge_feed(facts->merge, batch);
	events = malloc(batch->count * sizeof(*events));
	if (!events)
		return -ENOMEM;
	for (size_t i = 0; i < batch->count; i++) {
		events[i] = batch->events[i];
		if (events[i].time < facts->time)
			events[i].time = facts->time;
		facts->time = events[i].time;
	}
	own.events = events;
	err = merge_feed(facts->merge, &own);
	free(events);
	return err;
}

static int replay(struct facts *facts, const char *path, const char *text, size_t size,
                  struct facts_end *end)
{
	struct cpython_fact_replay told;
	struct fault fault = {0};
	int err = cpython_fact_replay(text, size, take, facts, &told, &fault);
	int last = facts->stopped ? 0 : merge_flush(facts->merge);

	end->cut = !told.whole;
	end->unanswered = told.unanswered;
	if (facts->stopped)
		return STATUS_CLEAN;
	if (err)
		return *fault.message ? fail("%s: %s", path, fault.message)
		                      : fail("cannot read %s: %s", path, strerror(-err));
	if (last)
		return fail("cannot read %s: %s", path, strerror(-last));
	if (!told.whole)
		fprintf(stderr,
		        "awaitness: %s is truncated: it is read up to its last whole call\n", path);
	if (told.unanswered)
		fprintf(stderr,
		        "awaitness: %s lacks %" PRIu64
		        " pieces of memory that are asked for: it was "
		        "written by another version\n",
		        path, told.unanswered);
	return STATUS_CLEAN;
}

int facts_read(const char *path, stream_fn fn, void *context, struct facts_end *end)
{
	struct facts facts = {.fn = fn, .context = context};
	int file = plain_file_open(path), err = file < 0 ? file : 0, status;
	char *text = NULL;
	size_t size = 0;

	*end = (struct facts_end){0};
	if (!err)
		err = file_read(file, &text, &size);
	if (!err)
		err = merge_new(0, hand_on, &facts, &facts.merge);
	status = err ? fail("cannot read %s: %s", path, strerror(-err))
	             : replay(&facts, path, text, size, end);
	end->stopped = facts.stopped;
	merge_free(facts.merge);
	free(text);
	if (file >= 0)
		close(file);
	return status;
}
