/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace.c - how fast a trace is written and read.
 *
 *	trace [EVENTS]		default: 16000000
 *
 * A line for one stream and one for eight: events per second written (to a
 * folder in /tmp), read by a taker that does nothing (the reader's own cost:
 * it checks each record's kind and time), and by the name table. Of the processor's
 * time; first is with the page faults of a fresh mapping, as every reading of a file has.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "trace/ctf_reader.h"
#include "trace/ctf_writer.h"
#include "event/names.h"

#define BATCH 2048u
#define STEP  16u /* events with the same time: a resume and the accesses after it */

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time); /* others may be running */
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int take_nothing(void *context, const struct stream_batch *batch)
{
	*(uint64_t *)context += batch->count;
	return 0;
}

static void die(const char *what, const char *why)
{
	fprintf(stderr, "trace: %s: %s\n", what, why);
	exit(3);
}

static double write_trace(const char *folder, uint64_t events, unsigned streams)
{
	static struct aw_event all[BATCH];
	struct ctf_writer *writer;
	struct fault fault;
	double begin = now();

	if (ctf_writer_open(folder, NULL, &writer, &fault) < 0)
		die("write", fault.message);
	for (uint64_t done = 0; done < events; done += BATCH) {
		uint32_t tid = 1 + (uint32_t)(done / BATCH % streams);
		struct stream_batch batch = {1, tid, done / streams, all, BATCH};

		for (unsigned i = 0; i < BATCH; i++)
			all[i] = (struct aw_event){.time = (done / streams + i) / STEP * 1000 + tid,
			                           .kind = i % STEP ? AW_READ : AW_RESUME,
			                           .task = tid,
			                           .object = i};
		if (ctf_write(writer, &batch) < 0)
			die("write", folder);
	}
	if (ctf_writer_close(writer) < 0)
		die("close", folder);
	return now() - begin;
}

static double read_trace(const char *folder, stream_fn fn, void *context)
{
	struct ctf_reader *reader;
	struct fault fault = {0};
	double begin = now();

	if (ctf_reader_open(folder, &reader, &fault) < 0 ||
	    ctf_read(reader, fn, context, &fault) < 0)
		die("read", fault.message);
	ctf_reader_close(reader);
	return now() - begin;
}

/* Two passes over one mapping: the second is without page faults, in memory. */
static void read_trace_twice(const char *folder, double *first, double *again)
{
	struct ctf_reader *reader;
	struct fault fault = {0};
	uint64_t seen = 0;
	double begin = now();

	if (ctf_reader_open(folder, &reader, &fault) < 0 ||
	    ctf_read(reader, take_nothing, &seen, &fault) < 0)
		die("read", fault.message);
	*first = now() - begin;
	begin = now();
	if (ctf_read(reader, take_nothing, &seen, &fault) < 0)
		die("read", fault.message);
	*again = now() - begin;
	ctf_reader_close(reader);
}

static void run(uint64_t events, unsigned streams)
{
	char folder[] = "/tmp/awaitness-bench-XXXXXX", command[64];
	struct names *names;
	uint64_t seen = 0;
	double written, first, again, named;

	if (!mkdtemp(folder) || rmdir(folder) < 0 || names_new(&names) < 0)
		die("prepare", folder);
	written = write_trace(folder, events, streams);
	read_trace(folder, take_nothing, &seen); /* brings it into the page cache */
	read_trace_twice(folder, &first, &again);
	named = read_trace(folder, names_feed, names);
	printf("%u stream(s), %llu events: written %.0f M/s, read %.0f M/s, again %.0f M/s, "
	       "with names %.0f M/s\n",
	       streams, (unsigned long long)events, (double)events / written / 1e6,
	       (double)events / first / 1e6, (double)events / again / 1e6,
	       (double)events / named / 1e6);
	names_free(names);
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	if (system(command) != 0)
		die("remove", folder);
}

int main(int count, char **arguments)
{
	uint64_t events = count > 1 ? strtoull(arguments[1], NULL, 10) : 16000000;

	events -= events % (8 * BATCH);
	run(events, 1);
	run(events, 8);
	return 0;
}
