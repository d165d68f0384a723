/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctf_reader.c - reads the files of a trace a slice at a time.
 *
 * Opening checks the frame of every packet and notes where they are; reading
 * takes up to SLICE records of a packet into the stream's one buffer, checks
 * them, and passes them on from there. Not mapped: on virtual machines the
 * first touch of each mapped page cost more (60 M records/s measured) than
 * copying it into a buffer that stays in the cache (330 M/s); nor does a file
 * that shrinks meanwhile end us with SIGBUS.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctf_folder.h"
#include "ctf_format.h"
#include "ctf_reader.h"
#include "base/escape.h"
#include "event/event_table.h"
#include "event/merge_heap.h"

#define SLICE      2048u /* records */
#define FILES_OPEN 512u  /* with more streams than this, files are opened for each slice */

struct ctf_file {
	struct merge_cursor row; /* first member: the heap gives it back */
	char *name;
	int fd; /* -1: not kept open */
	uint64_t size;
	struct ctf_packet *packets; /* copies of the headers */
	uint64_t *offsets;          /* of their records in the file */
	size_t count;
	size_t next;            /* packet to read from */
	uint64_t done;          /* records of it that were read */
	uint64_t time;          /* of the last record read */
	struct aw_event *slice; /* NULL: not begun, or at the end */
};

struct ctf_reader {
	int folder;
	uint8_t uuid[16];
	struct ctf_file *files;
	size_t count;
	struct ctf_reader_info info;
};

static int damaged(struct fault *fault, const struct ctf_file *file, uint64_t offset,
                   const char *what)
{
	char shown[64];

	return fault_set(fault, -EBADMSG, "the trace is damaged: %s at byte %" PRIu64 ", %s",
	                 escape_string(shown, sizeof(shown), file->name), offset, what);
}

/* Reads all of `size` bytes. 0; -EBADMSG: the file ends before; other negative errno. */
static int read_at(int fd, void *to, size_t size, uint64_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t got = pread(fd, (char *)to + done, size - done, (off_t)(offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EBADMSG;
		done += (size_t)got;
	}
	return 0;
}

/* Is the file nothing but zeros from `offset` on? */
static bool all_zero(const struct ctf_file *file, uint64_t offset)
{
	char block[4096];

	while (offset < file->size) {
		size_t size = file->size - offset < sizeof(block) ? (size_t)(file->size - offset)
		                                                  : sizeof(block);

		if (read_at(file->fd, block, size, offset) < 0 || block[0] != 0 ||
		    memcmp(block, block + 1, size - 1) != 0)
			return false;
		offset += size;
	}
	return true;
}

static int keep(struct ctf_file *file, const struct ctf_packet *packet, uint64_t offset)
{
	if ((file->count & (file->count - 1)) == 0) { /* grown at powers of two */
		size_t room = file->count ? 2 * file->count : 1;
		struct ctf_packet *packets = reallocarray(file->packets, room, sizeof(*packets));
		uint64_t *offsets;

		if (!packets)
			return -ENOMEM;
		file->packets = packets;
		offsets = reallocarray(file->offsets, room, sizeof(*offsets));
		if (!offsets)
			return -ENOMEM;
		file->offsets = offsets;
	}
	file->packets[file->count] = *packet;
	file->offsets[file->count++] = offset + sizeof(*packet);
	return 0;
}

/* What is wrong with a packet's frame, or NULL. */
static const char *frame_fault(const struct ctf_reader *reader, const struct ctf_file *file,
                               const struct ctf_packet *packet)
{
	const struct ctf_packet *before = file->count ? &file->packets[file->count - 1] : NULL;

	if (packet->magic != CTF_MAGIC)
		return "no packet begins there";
	if (memcmp(packet->uuid, reader->uuid, sizeof(packet->uuid)) != 0)
		return "a packet of another trace";
	if (packet->stream != 0 || packet->count == 0 || packet->count > UINT32_MAX ||
	    packet->size != 8 * (sizeof(*packet) + packet->count * sizeof(struct aw_event)) ||
	    packet->content != packet->size)
		return "a packet's size is impossible";
	if (packet->end < packet->begin || (before && packet->begin < before->end))
		return "time goes back";
	if (before &&
	    (packet->pid != before->pid || packet->tid != before->tid ||
	     packet->sequence != before->sequence + 1 || packet->discarded < before->discarded))
		return "a packet does not follow the one before it";
	return NULL;
}

static int index_packets(struct ctf_reader *reader, struct ctf_file *file, struct fault *fault)
{
	struct ctf_packet packet;
	uint64_t at = 0;

	while (file->size - at >= sizeof(packet)) {
		int code = read_at(file->fd, &packet, sizeof(packet), at);
		const char *what;

		if (code < 0)
			return damaged(fault, file, at, strerror(-code));
		/* A crash can leave a file longer than what reached the disk. */
		if (packet.magic == 0 && all_zero(file, at))
			break;
		what = frame_fault(reader, file, &packet);
		if (what)
			return damaged(fault, file, at, what);
		if (packet.size / 8 > file->size - at)
			break;
		if (keep(file, &packet, at) < 0)
			return fault_set(fault, -ENOMEM, "out of memory");
		at += packet.size / 8;
		reader->info.events += packet.count;
	}
	reader->info.cut_bytes += file->size - at;
	return 0;
}

static void sum_up(struct ctf_reader_info *info, const struct ctf_file *file)
{
	const struct ctf_packet *last = &file->packets[file->count - 1];

	if (info->packets == 0 || file->packets[0].begin < info->begin)
		info->begin = file->packets[0].begin;
	if (last->end > info->end)
		info->end = last->end;
	info->packets += file->count;
	info->lost += last->discarded;
	info->streams++;
}

static int open_stream(const struct ctf_reader *reader, struct ctf_file *file)
{
	struct stat status;

	file->fd = openat(reader->folder, file->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file->fd < 0 || fstat(file->fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EBADMSG;
	file->size = (uint64_t)status.st_size;
	return 0;
}

static void close_stream(struct ctf_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

static int open_file(struct ctf_reader *reader, const char *name, struct fault *fault)
{
	struct ctf_file *file = &reader->files[reader->count];
	char shown[64];
	int code;

	assert(reader->files);
	file->fd = -1;
	file->name = strdup(name);
	if (!file->name)
		return fault_set(fault, -ENOMEM, "out of memory");
	reader->count++;
	code = open_stream(reader, file);
	if (code < 0)
		return fault_set(fault, code, "read %s of the trace: %s",
		                 escape_string(shown, sizeof(shown), name), strerror(-code));
	code = index_packets(reader, file, fault);
	if (code == 0 && file->count)
		sum_up(&reader->info, file);
	if (reader->count > FILES_OPEN)
		close_stream(file);
	return code;
}

int ctf_reader_open(const char *path, struct ctf_reader **out, struct fault *fault)
{
	struct ctf_reader *reader = calloc(1, sizeof(*reader));
	char **names = NULL;
	size_t count = 0;
	int code;

	*out = NULL;
	if (!reader)
		return fault_set(fault, -ENOMEM, "out of memory");
	reader->folder = ctf_folder_open(path, reader->uuid, fault);
	if (reader->folder < 0) {
		code = reader->folder;
		free(reader);
		return code;
	}
	reader->info.unfinished = ctf_folder_unfinished(reader->folder);
	code = ctf_folder_list(reader->folder, &names, &count);
	if (code == 0)
		reader->files = calloc(count ? count : 1, sizeof(*reader->files));
	if (code < 0 || !reader->files) {
		code = code < 0 ? code : -ENOMEM;
		fault_set(fault, code, "list the trace's streams: %s", strerror(-code));
	}
	for (size_t i = 0; i < count && code == 0; i++)
		code = open_file(reader, names[i], fault);
	ctf_folder_list_free(names, count);
	if (code < 0) {
		ctf_reader_close(reader);
		return code;
	}
	*out = reader;
	return 0;
}

void ctf_reader_info(const struct ctf_reader *reader, struct ctf_reader_info *out)
{
	*out = reader->info;
}

/* Can these be the next records of the packet? */
static bool are_possible(const struct aw_event *events, size_t count, uint64_t after, uint64_t end)
{
	uint64_t time = after;
	unsigned bad = 0;

	for (size_t i = 0; i < count; i++) {
		bad |= (unsigned)(events[i].time < time) |
		       (unsigned)(events[i].kind - 1u >= AW_KIND_MAX - 1u);
		time = events[i].time;
	}
	return !bad && time <= end;
}

static int fetch(const struct ctf_reader *reader, struct ctf_file *file, size_t count,
                 uint64_t offset)
{
	bool kept = file->fd >= 0;
	int code = 0;

	if (!file->slice)
		file->slice = calloc(SLICE, sizeof(*file->slice));
	if (!file->slice)
		return -ENOMEM;
	if (!kept)
		code = open_stream(reader, file);
	if (code == 0)
		code = read_at(file->fd, file->slice, count * sizeof(*file->slice), offset);
	if (!kept)
		close_stream(file);
	return code;
}

/* Makes the next records of the file its row. */
static int next_slice(const struct ctf_reader *reader, struct ctf_file *file, struct fault *fault)
{
	const struct ctf_packet *packet = &file->packets[file->next];
	uint64_t offset = file->offsets[file->next] + file->done * sizeof(*file->slice);
	size_t count =
		packet->count - file->done < SLICE ? (size_t)(packet->count - file->done) : SLICE;
	int code = fetch(reader, file, count, offset);
	char shown[64];

	if (code < 0)
		return fault_set(fault, code, "read %s of the trace: %s",
		                 escape_string(shown, sizeof(shown), file->name), strerror(-code));
	if (!are_possible(file->slice, count, file->done ? file->time : packet->begin, packet->end))
		return damaged(fault, file, offset, "an event is impossible");
	if (file->done == 0)
		file->row.number = packet->first;
	file->row.at = file->slice;
	file->row.end = file->slice + count;
	file->row.pid = packet->pid;
	file->row.tid = packet->tid;
	file->time = file->slice[count - 1].time;
	file->done += count;
	if (file->done == packet->count) {
		file->next++;
		file->done = 0;
	}
	return 0;
}

/* Passes on `count` events of the row, and reads on at its end. */
static int take(const struct ctf_reader *reader, struct merge_cursor *row, size_t count,
                stream_fn fn, void *context, struct fault *fault)
{
	struct ctf_file *file = (struct ctf_file *)row;
	struct stream_batch batch = {row->pid, row->tid, row->number, row->at, count};
	int code = fn(context, &batch);

	if (code < 0)
		return code;
	/* Only needed where the next records are of the same packet. */
	for (size_t i = 0; i < count && (row->at + count < row->end || file->done); i++)
		row->number += event_numbers(&row->at[i]);
	row->at += count;
	if (row->at == row->end && file->next < file->count)
		code = next_slice(reader, file, fault);
	return code;
}

int ctf_read(struct ctf_reader *reader, stream_fn fn, void *context, struct fault *fault)
{
	struct merge_heap heap = {0};
	int code = 0;

	for (size_t i = 0; i < reader->count && code == 0; i++) {
		struct ctf_file *file = &reader->files[i];

		file->next = 0;
		file->done = 0;
		if (file->count == 0)
			continue;
		code = next_slice(reader, file, fault);
		if (code == 0 && merge_heap_add(&heap, &file->row) < 0)
			code = fault_set(fault, -ENOMEM, "out of memory");
	}
	while (code == 0 && heap.count) {
		size_t run = merge_heap_run(&heap, UINT64_MAX);

		code = take(reader, heap.rows[0], run, fn, context, fault);
		merge_heap_settle(&heap);
	}
	merge_heap_fini(&heap);
	return code;
}

void ctf_reader_close(struct ctf_reader *reader)
{
	if (!reader)
		return;
	for (size_t i = 0; reader->files && i < reader->count; i++) {
		struct ctf_file *file = &reader->files[i];

		close_stream(file);
		free(file->slice);
		free(file->packets);
		free(file->offsets);
		free(file->name);
	}
	free(reader->files);
	close(reader->folder);
	free(reader);
}
