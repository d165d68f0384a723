// SPDX-License-Identifier: BSD-2-Clause
/*
 * file_transport_test.c - folders as a runtime leaves them: whole, cut off, damaged, with a rest.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "native/file_transport.h"

#define BASE 0x7f0000000040ull /* where the fake target's room for records lies */

static char folder[64];

static void folder_make(void)
{
	strcpy(folder, "/tmp/awaitness-test.XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
}

static void folder_remove(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	cr_assert_eq(system(command), 0);
}

TestSuite(file_transport, .init = folder_make, .fini = folder_remove);

static int file_make(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	cr_assert_geq(fd, 0);
	return fd;
}

static void put(int fd, const void *data, size_t size)
{
	cr_assert_eq(write(fd, data, size), (ssize_t)size);
}

static void events_put(int fd, uint64_t first, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct aw_event event = {.time = 1, .kind = AW_RESUME, .object = first + i};

		put(fd, &event, sizeof(event));
	}
}

static void batch_put(int fd, uint64_t first, size_t count)
{
	struct aw_batch batch = {
		.magic = AW_BATCH_MAGIC, .count = count, .pid = 5, .tid = 5, .first = first};

	put(fd, &batch, sizeof(batch));
	events_put(fd, first, count);
}

/* A head file with `count` records from number `first`. */
static void head_make(const char *name, uint64_t first, size_t count)
{
	struct aw_log_head head = {.magic = AW_LOG_MAGIC,
	                           .tid = 5,
	                           .first = first,
	                           .records = BASE,
	                           .next = BASE + count * sizeof(struct aw_event),
	                           .end = BASE + AW_LOG_BYTES};
	char zero[BASE % 4096 - sizeof(head)];
	int fd = file_make(name);

	memset(zero, 0, sizeof(zero));
	put(fd, &head, sizeof(head));
	put(fd, zero, sizeof(zero));
	events_put(fd, first, count);
	cr_assert_eq(ftruncate(fd, 17 * 4096), 0);
	close(fd);
}

/* The numbers of all events, in order, are 0, 1, 2, ... */
struct seen {
	uint64_t events;
	uint64_t lost;
	uint64_t streams_begun;
};

static int see(void *context, const struct stream_batch *batch)
{
	struct seen *seen = context;

	for (size_t i = 0; i < batch->count; i++) {
		const struct aw_event *event = &batch->events[i];

		if (event->kind == AW_LOST) {
			seen->lost += event->object;
			continue;
		}
		cr_assert_eq(event->object, batch->first + i);
		seen->events++;
		seen->streams_begun += batch->first + i == 0;
	}
	return 0;
}

/* Reads the folder of a program that has ended. Returns what poll and stop return. */
static int folder_read(struct seen *seen)
{
	struct file_transport_options options = {.directory = folder};
	struct source_stats stats = {0};
	struct source *source;
	int code;

	memset(seen, 0, sizeof(*seen));
	cr_assert_eq(file_transport_open(&options, &source), 0);
	do {
		code = source->ops->poll(source, 0, see, seen);
		source->ops->stats(source, &stats);
	} while (code >= 0 && !stats.ended);
	if (code >= 0)
		code = source->ops->stop(source, see, seen);
	source->ops->close(source);
	return code;
}

Test(file_transport, batches_of_several_threads_are_read)
{
	int a = file_make("5.5.log"), b = file_make("5.6.log");
	struct seen seen;

	batch_put(a, 0, 10);
	batch_put(b, 0, 2048);
	batch_put(a, 10, 3);
	cr_assert_eq(folder_read(&seen), 0);
	cr_assert_eq(seen.events, 2061);
	cr_assert_eq(seen.lost, 0);
	cr_assert_eq(seen.streams_begun, 2);
}

Test(file_transport, what_was_not_shipped_comes_from_the_head)
{
	struct seen seen;

	batch_put(file_make("5.5.log"), 0, 10);
	head_make("5.5.head", 10, 7);
	cr_assert_eq(folder_read(&seen), 0);
	cr_assert_eq(seen.events, 17);
	cr_assert_eq(seen.lost, 0);
}

Test(file_transport, a_head_whose_records_were_written_already_adds_nothing)
{
	struct seen seen;

	batch_put(file_make("5.5.log"), 0, 10);
	head_make("5.5.head", 0, 10); /* killed between the write and the emptying */
	cr_assert_eq(folder_read(&seen), 0);
	cr_assert_eq(seen.events, 10);
	cr_assert_eq(seen.streams_begun, 1);
}

Test(file_transport, a_full_log_is_read_to_its_last_record)
{
	struct seen seen;

	file_make("5.5.log");
	head_make("5.5.head", 0, AW_LOG_BYTES / sizeof(struct aw_event));
	cr_assert_eq(folder_read(&seen), 0);
	cr_assert_eq(seen.events, 2048);
}

Test(file_transport, a_batch_cut_off_anywhere_costs_only_itself)
{
	size_t whole = sizeof(struct aw_batch) + 4 * sizeof(struct aw_event);
	struct seen seen;
	int fd = file_make("5.5.log");

	batch_put(fd, 0, 4);
	batch_put(fd, 4, 4);
	for (size_t size = 2 * whole; size-- > whole;) {
		cr_assert_eq(ftruncate(fd, size), 0);
		cr_assert_eq(folder_read(&seen), 0);
		cr_assert_eq(seen.events, 4);
	}
}

Test(file_transport, a_batch_that_is_missing_is_told)
{
	int fd = file_make("5.5.log");
	struct seen seen;

	batch_put(fd, 0, 4);
	batch_put(fd, 9, 4);
	cr_assert_eq(folder_read(&seen), 0);
	cr_assert_eq(seen.events, 8);
	cr_assert_eq(seen.lost, 5);
}

Test(file_transport, a_program_executed_in_the_same_process_counts_anew)
{
	int fd = file_make("5.5.log");
	struct seen seen;

	batch_put(fd, 0, 4);
	batch_put(fd, 0, 4);
	cr_assert_eq(folder_read(&seen), 0);
	cr_assert_eq(seen.events, 8);
	cr_assert_eq(seen.lost, 0);
}

Test(file_transport, a_file_that_is_no_log_is_an_error)
{
	struct seen seen;

	put(file_make("5.5.log"), "this is not a log, but it is long enough to be one.", 50);
	cr_assert_eq(folder_read(&seen), -EPROTO);
}

Test(file_transport, a_batch_longer_than_a_log_is_an_error)
{
	struct aw_batch batch = {.magic = AW_BATCH_MAGIC, .count = UINT32_MAX, .pid = 5, .tid = 5};
	struct seen seen;

	put(file_make("5.5.log"), &batch, sizeof(batch));
	cr_assert_eq(folder_read(&seen), -EPROTO);
}

Test(file_transport, a_head_that_makes_no_sense_adds_nothing)
{
	struct aw_log_head head = {
		.magic = AW_LOG_MAGIC, .records = 1, .next = UINT64_MAX, .end = AW_LOG_BYTES};
	struct seen seen;

	batch_put(file_make("5.5.log"), 0, 4);
	put(file_make("5.5.head"), &head, sizeof(head));
	cr_assert_eq(folder_read(&seen), 0);
	cr_assert_eq(seen.events, 4);
}

Test(file_transport, other_files_in_the_folder_do_not_matter)
{
	struct seen seen;

	put(file_make("notes.txt"), "x", 1);
	put(file_make("5.5.log.old"), "x", 1);
	put(file_make("5.log"), "x", 1);
	batch_put(file_make("5.5.log"), 0, 4);
	cr_assert_eq(folder_read(&seen), 0);
	cr_assert_eq(seen.events, 4);
}

Test(file_transport, a_symbolic_link_is_not_followed)
{
	char path[128];
	struct seen seen;

	snprintf(path, sizeof(path), "%s/5.5.log", folder);
	cr_assert_eq(symlink("/etc/passwd", path), 0);
	cr_assert_eq(folder_read(&seen), 0);
	cr_assert_eq(seen.events, 0);
}

Test(file_transport, a_folder_that_is_not_there_is_an_error)
{
	struct file_transport_options options = {.directory = "/nonexistent"};
	struct source *source;

	cr_assert_eq(file_transport_open(&options, &source), -ENOENT);
	options.directory = "/etc/passwd";
	cr_assert_eq(file_transport_open(&options, &source), -ENOTDIR);
}

Test(file_transport, a_running_program_is_followed_to_its_end)
{
	struct file_transport_options options = {.directory = folder};
	struct source_stats stats = {0};
	struct seen seen = {0};
	struct source *source;
	pid_t pid = fork();

	if (!pid) {
		int fd = file_make("5.5.log");

		for (int i = 0; i < 20; i++) {
			batch_put(fd, i * 100, 100);
			usleep(2000);
		}
		_exit(0);
	}
	options.pid = pid;
	cr_assert_eq(file_transport_open(&options, &source), 0);
	while (!stats.ended) {
		cr_assert_geq(source->ops->poll(source, 100, see, &seen), 0);
		source->ops->stats(source, &stats);
	}
	cr_assert_eq(seen.events, 2000);
	cr_assert_eq(stats.events, 2000);
	cr_assert_eq(stats.lost, 0);
	source->ops->close(source);
	waitpid(pid, NULL, 0);
}
