/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctf_test.c - traces on disk: written, read back, read by babeltrace2, cut
 * off, damaged, replaced.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/ctf_format.h"
#include "trace/ctf_reader.h"
#include "trace/ctf_writer.h"
#include "event/event_table.h"
#include "trace/text_reader.h"

static char folder[64];

static void make_folder(void)
{
	strcpy(folder, "/tmp/awaitness-ctf-XXXXXX");
	cr_assert(ne(ptr, mkdtemp(folder), NULL));
	cr_assert(eq(int, rmdir(folder), 0));
}

static void remove_folder(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	cr_assert(eq(int, system(command), 0));
}

TestSuite(ctf, .init = make_folder, .fini = remove_folder);

struct tally {
	uint64_t kinds[AW_KIND_MAX];
	uint64_t events;
	uint64_t sum; /* of all fields, in order */
	uint64_t newest;
	bool in_order;
	uint64_t next[4]; /* by tid: the number expected */
};

static int count_in(void *context, const struct stream_batch *batch)
{
	struct tally *tally = context;
	uint64_t number = batch->first;

	for (size_t i = 0; i < batch->count; i++) {
		const struct aw_event *e = &batch->events[i];

		tally->kinds[e->kind]++;
		tally->events++;
		tally->sum = tally->sum * 31 + e->time + e->object + e->site + e->task + e->arg;
		tally->in_order = tally->in_order && e->time >= tally->newest;
		tally->newest = e->time;
		number += event_numbers(e);
	}
	if (batch->tid < 4) {
		tally->in_order = tally->in_order && batch->first >= tally->next[batch->tid];
		tally->next[batch->tid] = number;
	}
	return 0;
}

static struct ctf_writer *open_writer(size_t packet_size)
{
	struct ctf_writer_options options = {.packet_size = packet_size};
	struct ctf_writer *writer;
	struct fault fault = {0};

	cr_assert(eq(int, ctf_writer_open(folder, &options, &writer, &fault), 0), "%s",
	          fault.message);
	return writer;
}

static void write_numbered(struct ctf_writer *writer, uint32_t tid, uint64_t first, unsigned count,
                           uint64_t step)
{
	for (unsigned i = 0; i < count; i++) {
		struct aw_event event = {.time = (first + i) * step,
		                         .kind = i % 2 ? AW_SUSPEND : AW_RESUME,
		                         .task = tid,
		                         .object = first + i};
		struct stream_batch batch = {100, tid, first + i, &event, 1};

		cr_assert(eq(int, ctf_write(writer, &batch), 0));
	}
}

static int read_all(struct tally *tally, struct ctf_reader_info *info)
{
	struct ctf_reader *reader;
	struct fault fault = {0};
	int code = ctf_reader_open(folder, &reader, &fault);

	*tally = (struct tally){.in_order = true};
	if (code < 0)
		return code;
	if (info)
		ctf_reader_info(reader, info);
	code = ctf_read(reader, count_in, tally, &fault);
	ctf_reader_close(reader);
	return code;
}

static const char every_kind[] =
	"target c pid=42 command=\"a b\" version=1\nmodule 0x400000 0x500000 file=/bin/x\n"
	"lock-new L asyncio.Lock @make:m.c:1\n1 w1 task-new w2 @spawn:a.c:9\n"
	"2 w1 lock-wait L\n3 w1 suspend L @f<g:g.c:4\n4 w2 wake w1 lock\n"
	"5 w2 lock-freed L shared\n5 w2 suspend sleep inferred\n6 w1 lock-taken L\n"
	"7 w1 lock-test L\n7 w1 lock-condition L\n7 w1 lock-waiver L\n7 w1 lock-giveup L\n"
	"8 w1 signal E event\n8 w1 observe E event\n9 w1 io sock @f\n9 w1 write a+8 2\n9 w1 read "
	"a\n"
	"9 w1 forget a 100\n9 w1 await suspended @f\n9 w1 changed a @f\n10 w1 cancel w2\n"
	"10 w1 task-end error\n11 - callback \"x y\"\n11 - unwatched 4\n12 - interval 3 4\n"
	"12 - lost 5 14\n13 - lock-free L\n14 - thread-end\nthread 2 loop\n15 w3 suspend sleep\n";

Test(ctf, what_is_written_is_read_back_the_same)
{
	struct tally before = {.in_order = true}, after;
	struct ctf_writer *writer = open_writer(200);
	struct ctf_reader_info info;

	cr_assert(eq(int, text_read(every_kind, strlen(every_kind), count_in, &before, NULL), 0));
	cr_assert(eq(int, text_read(every_kind, strlen(every_kind), ctf_write, writer, NULL), 0));
	cr_assert(eq(int, read_all(&after, &info), 0));
	cr_expect(info.unfinished, "it is still written");
	cr_assert(eq(int, ctf_writer_close(writer), 0));
	cr_assert(eq(int, read_all(&after, &info), 0));
	cr_expect_not(info.unfinished);
	cr_expect(eq(u64, after.events, before.events));
	cr_expect(eq(u64, after.sum, before.sum));
	cr_expect(eq(u64, info.events, before.events));
	cr_expect(eq(u64, info.lost, 5));
	cr_expect(eq(u64, info.streams, 2));
	cr_expect(eq(u64, info.cut_bytes, 0));
}

Test(ctf, babeltrace2_reads_it_and_counts_the_same)
{
	struct tally tally = {.in_order = true};
	struct ctf_writer *writer = open_writer(300);
	uint64_t counts[AW_KIND_MAX] = {0};
	char line[1024], command[160];
	bool text_seen = false;
	FILE *out;

	cr_assert(eq(int, text_read(every_kind, strlen(every_kind), count_in, &tally, NULL), 0));
	cr_assert(eq(int, text_read(every_kind, strlen(every_kind), ctf_write, writer, NULL), 0));
	write_numbered(writer, 3, 1000, 500, 7);
	cr_assert(eq(int, ctf_writer_close(writer), 0));
	snprintf(command, sizeof(command), "babeltrace2 --names=all '%s' 2>&1", folder);
	out = popen(command, "r");
	while (fgets(line, sizeof(line), out)) {
		unsigned kind;

		for (kind = AW_KIND_MAX - 1; kind; kind--) {
			char wanted[40];

			snprintf(wanted, sizeof(wanted), "name = %s,", event_kind_get(kind)->text);
			if (strstr(line, wanted))
				break;
		}
		counts[kind]++;
		text_seen = text_seen || strstr(line, "text = \"make\"");
	}
	cr_expect(eq(int, pclose(out), 0));
	tally.kinds[AW_RESUME] += 250;
	tally.kinds[AW_SUSPEND] += 250;
	for (unsigned kind = 1; kind < AW_KIND_MAX; kind++)
		cr_expect(eq(u64, counts[kind], tally.kinds[kind]), "%s",
		          event_kind_get(kind)->text);
	cr_expect(text_seen, "a text is shown as a string");
}

Test(ctf, streams_are_merged_by_time_and_keep_their_own_order)
{
	struct ctf_writer *writer = open_writer(400);
	struct tally tally;

	write_numbered(writer, 1, 0, 3000, 10);
	write_numbered(writer, 2, 0, 1000, 31);
	write_numbered(writer, 3, 100, 2000, 13);
	cr_assert(eq(int, ctf_writer_close(writer), 0));
	cr_assert(eq(int, read_all(&tally, NULL), 0));
	cr_expect(eq(u64, tally.events, 6000));
	cr_expect(tally.in_order);
	cr_expect(eq(u64, tally.next[1], 3000));
	cr_expect(eq(u64, tally.next[3], 2100));
}

static long file_size(const char *name)
{
	struct stat status;

	cr_assert(eq(int, stat(name, &status), 0));
	return status.st_size;
}

Test(ctf, a_trace_cut_off_at_any_byte_of_its_last_packet_has_all_before_it)
{
	struct ctf_writer *writer = open_writer(sizeof(struct ctf_packet) + 10 * 32);
	struct ctf_reader_info info;
	struct tally tally;
	char name[128];
	long whole;

	write_numbered(writer, 1, 0, 25, 10);
	cr_assert(eq(int, ctf_writer_close(writer), 0));
	snprintf(name, sizeof(name), "%s/stream-100-1", folder);
	whole = file_size(name);
	cr_assert(eq(long, whole, 3 * 96 + 25 * 32));
	for (long size = whole - 1; size >= whole - 96 - 5 * 32; size--) {
		cr_assert(eq(int, truncate(name, size), 0));
		cr_assert(eq(int, read_all(&tally, &info), 0));
		cr_assert(eq(u64, tally.events, 20));
		cr_assert(eq(u64, info.cut_bytes, (uint64_t)(size - (whole - 96 - 5 * 32))));
	}
	cr_assert(eq(int, truncate(name, whole + 500), 0)); /* zeroes, as after a crash */
	cr_assert(eq(int, read_all(&tally, &info), 0));
	cr_assert(eq(u64, tally.events, 20));
}

static void expect_open(int code, const char *part)
{
	struct ctf_reader *reader;
	struct fault fault = {0};

	cr_expect(eq(int, ctf_reader_open(folder, &reader, &fault), code), "%s", fault.message);
	cr_expect(eq(ptr, reader, NULL));
	cr_expect(ne(ptr, strstr(fault.message, part), NULL), "\"%s\" lacks \"%s\"", fault.message,
	          part);
	ctf_reader_close(reader);
}

/* Replaces a part of the metadata. */
static void edit_metadata(const char *from, const char *to)
{
	char command[256];

	snprintf(command, sizeof(command), "sed -i 's|%s|%s|' '%s/metadata'", from, to, folder);
	cr_assert(eq(int, system(command), 0));
}

Test(ctf, what_is_not_a_readable_trace_is_told_apart)
{
	struct ctf_writer *writer;
	int fd;

	expect_open(-ENOENT, "No such file");
	fd = open(folder, O_CREAT | O_WRONLY, 0600);
	close(fd);
	expect_open(-ENOTDIR, "a trace is a folder");
	unlink(folder);
	mkdir(folder, 0700);
	expect_open(-EPROTO, "holds no metadata");
	rmdir(folder);
	writer = open_writer(0);
	cr_assert(eq(int, ctf_writer_close(writer), 0));
	edit_metadata("awaitness_format = 1", "awaitness_format = 2");
	expect_open(-EPROTONOSUPPORT, "newer version");
	edit_metadata("awaitness_format = 2", "someone_else = 2");
	expect_open(-EPROTO, "not a trace of awaitness");
	edit_metadata("someone_else = 2", "awaitness_format = 1");
	edit_metadata("^/. end .*", "");
	expect_open(-EBADMSG, "not whole");
}

/* Writes one byte at an offset, and gives what was there. */
static unsigned char poke(long offset, unsigned char byte)
{
	unsigned char old;
	char name[128];
	int fd;

	snprintf(name, sizeof(name), "%s/stream-100-1", folder);
	fd = open(name, O_RDWR);
	cr_assert(eq(sz, (size_t)pread(fd, &old, 1, offset), 1));
	cr_assert(eq(sz, (size_t)pwrite(fd, &byte, 1, offset), 1));
	close(fd);
	return old;
}

Test(ctf, damage_is_found_and_never_read_past)
{
	struct ctf_writer *writer = open_writer(sizeof(struct ctf_packet) + 10 * 32);
	struct tally tally;
	unsigned told = 0;

	write_numbered(writer, 1, 0, 25, 10);
	cr_assert(eq(int, ctf_writer_close(writer), 0));
	for (long offset = 0; offset < 96 + 10 * 32; offset++) {
		unsigned char old = poke(offset, 0xee);
		int code = read_all(&tally, NULL);

		cr_assert(code == 0 || code == -EBADMSG, "offset %ld: %d", offset, code);
		told += code == -EBADMSG;
		poke(offset, old);
	}
	/* magic, uuid, class, times, sizes, and of ten records time and kind: most of these bytes.
	 */
	cr_expect(gt(uint, told, 24 + 16 + 10 * 8));
	cr_assert(eq(int, read_all(&tally, NULL), 0));
}

Test(ctf, nothing_is_written_over_without_force_and_never_what_is_no_trace)
{
	struct ctf_writer_options force = {.force = true};
	struct ctf_writer *writer = open_writer(0);
	struct fault fault = {0};
	struct stat status;
	struct tally tally;

	write_numbered(writer, 1, 0, 10, 1);
	cr_assert(eq(int, ctf_writer_close(writer), 0));
	cr_assert(eq(int, stat(folder, &status), 0));
	cr_expect(eq(uint, status.st_mode & 07777, 0700));
	cr_expect(eq(int, ctf_writer_open(folder, NULL, &writer, &fault), -EEXIST));
	cr_expect(ne(ptr, strstr(fault.message, "--force"), NULL));
	cr_assert(eq(int, read_all(&tally, NULL), 0));
	cr_expect(eq(u64, tally.events, 10));
	cr_assert(eq(int, ctf_writer_open(folder, &force, &writer, &fault), 0));
	write_numbered(writer, 2, 0, 3, 1);
	cr_assert(eq(int, ctf_writer_close(writer), 0));
	cr_assert(eq(int, read_all(&tally, NULL), 0));
	cr_expect(eq(u64, tally.events, 3));
	edit_metadata("awaitness_format", "x");
	cr_expect(eq(int, ctf_writer_open(folder, &force, &writer, &fault), -EEXIST));
	cr_expect(ne(ptr, strstr(fault.message, "not a trace"), NULL));
}

Test(ctf, time_that_goes_back_is_held_and_counted)
{
	struct aw_event events[3] = {{.time = 10, .kind = AW_RESUME},
	                             {.time = 8, .kind = AW_SUSPEND},
	                             {.time = 12, .kind = AW_RESUME}};
	struct stream_batch batch = {100, 1, 0, events, 3};
	struct ctf_writer *writer = open_writer(0);
	struct ctf_writer_stats stats;
	struct tally tally;

	cr_assert(eq(int, ctf_write(writer, &batch), 0));
	ctf_writer_stats(writer, &stats);
	cr_expect(eq(u64, stats.clamped, 1));
	cr_assert(eq(int, ctf_writer_close(writer), 0));
	cr_assert(eq(int, read_all(&tally, NULL), 0));
	cr_expect(tally.in_order);
	cr_expect(eq(u64, tally.events, 3));
}

Test(ctf, a_full_disk_leaves_whole_packets_and_an_error)
{
	struct ctf_writer *writer = open_writer(sizeof(struct ctf_packet) + 10 * 32);
	struct rlimit small = {1000, 1000};
	struct aw_event events[100] = {{0}};
	struct stream_batch batch = {100, 1, 0, events, 100};
	struct ctf_reader_info info;
	struct tally tally;

	for (unsigned i = 0; i < 100; i++)
		events[i].kind = AW_RESUME;
	signal(SIGXFSZ, SIG_IGN);
	cr_assert(eq(int, setrlimit(RLIMIT_FSIZE, &small), 0));
	cr_expect(eq(int, ctf_write(writer, &batch), -EFBIG));
	cr_expect(eq(int, ctf_writer_close(writer), -EFBIG));
	cr_assert(eq(int, read_all(&tally, &info), 0));
	cr_expect(eq(u64, tally.events, 20));
	cr_expect(eq(u64, info.cut_bytes, 0));
	cr_expect(info.unfinished);
}

Test(ctf, a_disk_that_was_full_once_leaves_a_trace_without_its_end)
{
	struct ctf_writer *writer = open_writer(sizeof(struct ctf_packet) + 10 * 32);
	struct rlimit before, small;
	struct aw_event events[100] = {{0}};
	struct stream_batch batch = {100, 1, 0, events, 100};
	struct ctf_reader_info info;
	struct tally tally;

	for (unsigned i = 0; i < 100; i++)
		events[i].kind = AW_RESUME;
	signal(SIGXFSZ, SIG_IGN);
	cr_assert(eq(int, getrlimit(RLIMIT_FSIZE, &before), 0));
	small = (struct rlimit){1000, before.rlim_max};
	cr_assert(eq(int, setrlimit(RLIMIT_FSIZE, &small), 0));
	cr_expect(eq(int, ctf_write(writer, &batch), -EFBIG));
	cr_assert(eq(int, setrlimit(RLIMIT_FSIZE, &before), 0));
	cr_expect(eq(int, ctf_writer_close(writer), 0));
	cr_assert(eq(int, read_all(&tally, &info), 0));
	cr_expect(lt(u64, tally.events, 100));
	cr_expect(info.unfinished);
}
