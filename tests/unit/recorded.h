/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * recorded.h - tests of what the runtime tells: records through the file
 * transport and writes the events down, one word each, in the order of the stream:
 *
 *	who:kind[/flags or argument][(object)]
 *
 * Tasks and objects are called by their names, `-` is no task. Definitions that every
 * recording begins with, sites and names are left out.
 */
#ifndef TESTS_UNIT_RECORDED_H
#define TESTS_UNIT_RECORDED_H

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include <awaitness/inspect.h>

#include "log/log_internal.h"
#include "journal.h"

static char recorded_folder[64];

__attribute__((unused)) static void record(void)
{
	strcpy(recorded_folder, "/tmp/awaitness-test-XXXXXX");
	cr_assert_not_null(mkdtemp(recorded_folder));
	cr_assert(log_file_start(recorded_folder));
}

__attribute__((unused)) static void record_end(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", recorded_folder);
	cr_assert_eq(system(command), 0);
}

/* A stream from its file: its events, whole and in the order of their numbers (asserted). */
struct recorded {
	struct aw_event events[32768];
	size_t count;
	size_t batches;
};

static struct recorded recorded;

__attribute__((unused)) static void recorded_read(int pid, int tid)
{
	struct aw_batch batch;
	char path[128];
	FILE *file;

	recorded.count = recorded.batches = 0;
	snprintf(path, sizeof(path), "%s/%d.%d.log", recorded_folder, pid, tid);
	file = fopen(path, "rb");
	cr_assert_not_null(file, "%s", path);
	while (fread(&batch, sizeof(batch), 1, file) == 1) {
		cr_assert_eq(batch.magic, AW_BATCH_MAGIC);
		cr_assert_eq(batch.first, recorded.count);
		cr_assert_eq(batch.tid, tid);
		cr_assert_eq(batch.pid, pid);
		cr_assert_leq(batch.count * sizeof(struct aw_event), AW_LOG_BYTES);
		cr_assert_leq(recorded.count + batch.count, 32768);
		cr_assert_eq(fread(recorded.events + recorded.count, sizeof(struct aw_event),
		                   batch.count, file),
		             batch.count);
		recorded.count += batch.count;
		recorded.batches++;
	}
	fclose(file);
}

/* The name that was told for an id before record number `at` or after, "?" without one. */
static const char *recorded_name(uint64_t id)
{
	static char names[4][AW_INSPECT_NAME];
	static int turn;
	char *name = names[turn++ % 4];

	if (!id)
		return "-";
	strcpy(name, "?");
	for (size_t i = 0; i < recorded.count; i++) {
		const struct aw_event *event = &recorded.events[i];
		size_t used = 0;

		if (event->kind != AW_NAME || event->object != id)
			continue;
		while (event[1].kind == AW_TEXT) {
			event++;
			memcpy(name + used, &event->object, event->arg >> 8 & 0x1f);
			used += event->arg >> 8 & 0x1f;
			if (!(event->arg & AW_TEXT_MORE))
				break;
		}
		name[used] = '\0';
	}
	return name;
}

static const char *const recorded_kinds[AW_KIND_MAX] = {
#define RECORDED_KIND(number, NAME, text, object, arg, site) [number] = text,
	AW_EVENT_KINDS(RECORDED_KIND)
#undef RECORDED_KIND
};

static void recorded_note(const struct aw_event *event)
{
	char arg[16] = "", who[AW_INSPECT_NAME];
	bool object = event->object && event->kind != AW_READ && event->kind != AW_WRITE;

	if (event->arg)
		snprintf(arg, sizeof(arg), "/%x", event->arg);
	strcpy(who, recorded_name(event->task));
	if (object)
		note("%s:%s%s(%s)", who, recorded_kinds[event->kind], arg,
		     recorded_name(event->object));
	else
		note("%s:%s%s", who, recorded_kinds[event->kind], arg);
}

/* Writes the stream's events into the journal. */
__attribute__((unused)) static void recorded_journal(int pid, int tid)
{
	const uint64_t left_out = 1ull << AW_SITE | 1ull << AW_NAME | 1ull << AW_TEXT |
	                          1ull << AW_THREAD | 1ull << AW_TARGET | 1ull << AW_MODULE;

	recorded_read(pid, tid);
	journal[0] = '\0';
	for (size_t i = 0; i < recorded.count; i++)
		if (!(left_out & 1ull << recorded.events[i].kind))
			recorded_note(&recorded.events[i]);
}

/* How many records of a kind. */
__attribute__((unused)) static size_t recorded_number(enum aw_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < recorded.count; i++)
		n += recorded.events[i].kind == kind;
	return n;
}

#endif
