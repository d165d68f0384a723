/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctf_reader.c - maps the files of a trace and passes their records on.
 *
 * Opening checks the frame of every packet and notes where they are; reading
 * checks the records of a packet when its turn comes, which also brings it
 * into the cache for whoever takes it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctf_folder.h"
#include "ctf_format.h"
#include "ctf_reader.h"
#include "escape.h"
#include "event_table.h"
#include "merge_heap.h"

struct ctf_file {
	struct merge_cursor row; /* first member: the heap gives it back */
	char *name;
	const unsigned char *bytes; /* mapped; NULL: empty */
	size_t size;
	struct ctf_packet *packets; /* copies of the headers */
	size_t *offsets;            /* of their records in `bytes` */
	size_t count;
	size_t next; /* packet to read */
};

struct ctf_reader {
	uint8_t uuid[16];
	struct ctf_file *files;
	size_t count;
	struct ctf_reader_info info;
};

static int damaged(struct fault *fault, const struct ctf_file *file, size_t offset,
                   const char *what)
{
	char shown[64];

	return fault_set(fault, -EBADMSG, "the trace is damaged: %s at byte %zu, %s",
	                 escape_string(shown, sizeof(shown), file->name), offset, what);
}

static bool all_zero(const unsigned char *bytes, size_t size)
{
	return size == 0 || (bytes[0] == 0 && !memcmp(bytes, bytes + 1, size - 1));
}

static int keep(struct ctf_file *file, const struct ctf_packet *packet, size_t offset)
{
	if ((file->count & (file->count - 1)) == 0) { /* grown at powers of two */
		size_t room = file->count ? 2 * file->count : 1;
		struct ctf_packet *packets = reallocarray(file->packets, room, sizeof(*packets));
		size_t *offsets;

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
	size_t at = 0;

	while (file->size - at >= sizeof(packet)) {
		const char *what;

		memcpy(&packet, file->bytes + at, sizeof(packet));
		/* A crash can leave a file longer than what reached the disk. */
		if (packet.magic == 0 && all_zero(file->bytes + at, file->size - at))
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

static int map_file(int folder, struct ctf_file *file)
{
	int fd = openat(folder, file->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	void *bytes;
	int code = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0) {
		code = -errno;
	} else if (!S_ISREG(status.st_mode)) {
		code = -EBADMSG;
	} else if (status.st_size > 0) {
		bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (bytes == MAP_FAILED) {
			code = -errno;
		} else {
			file->bytes = bytes;
			file->size = (size_t)status.st_size;
			madvise(bytes, file->size, MADV_SEQUENTIAL);
		}
	}
	close(fd);
	return code;
}

static int open_file(struct ctf_reader *reader, int folder, const char *name, struct fault *fault)
{
	struct ctf_file *file = &reader->files[reader->count];
	char shown[64];
	int code;

	file->name = strdup(name);
	if (!file->name)
		return fault_set(fault, -ENOMEM, "out of memory");
	reader->count++;
	code = map_file(folder, file);
	if (code < 0)
		return fault_set(fault, code, "read %s of the trace: %s",
		                 escape_string(shown, sizeof(shown), name), strerror(-code));
	code = index_packets(reader, file, fault);
	if (code == 0 && file->count)
		sum_up(&reader->info, file);
	return code;
}

int ctf_reader_open(const char *path, struct ctf_reader **out, struct fault *fault)
{
	struct ctf_reader *reader = calloc(1, sizeof(*reader));
	char **names = NULL;
	size_t count = 0;
	int folder, code;

	*out = NULL;
	if (!reader)
		return fault_set(fault, -ENOMEM, "out of memory");
	folder = ctf_folder_open(path, reader->uuid, fault);
	if (folder < 0) {
		free(reader);
		return folder;
	}
	code = ctf_folder_list(folder, &names, &count);
	if (code == 0)
		reader->files = calloc(count ? count : 1, sizeof(*reader->files));
	if (code < 0 || !reader->files)
		code = fault_set(fault, code < 0 ? code : -ENOMEM, "list the trace's streams: %s",
		                 strerror(code < 0 ? -code : ENOMEM));
	for (size_t i = 0; i < count && code == 0; i++)
		code = open_file(reader, folder, names[i], fault);
	ctf_folder_list_free(names, count);
	close(folder);
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

/* Checks the next packet's records and makes them the file's row. */
static int next_packet(struct ctf_file *file, struct fault *fault)
{
	const struct ctf_packet *packet = &file->packets[file->next];
	size_t offset = file->offsets[file->next++];
	const struct aw_event *events = (const struct aw_event *)(file->bytes + offset);
	uint64_t time = packet->begin;
	unsigned bad = 0;

	for (size_t i = 0; i < packet->count; i++) {
		bad |= (unsigned)(events[i].time < time) |
		       (unsigned)(events[i].kind - 1u >= AW_KIND_MAX - 1u);
		time = events[i].time;
	}
	if (bad || time > packet->end)
		return damaged(fault, file, offset, "an event is impossible");
	file->row = (struct merge_cursor){events, events + packet->count, packet->pid, packet->tid,
	                                  packet->first};
	return 0;
}

/* Passes on `count` events of the row, and goes to its next packet at its end. */
static int take(struct merge_cursor *row, size_t count, stream_fn fn, void *context,
                struct fault *fault)
{
	struct ctf_file *file = (struct ctf_file *)row;
	struct stream_batch batch = {row->pid, row->tid, row->number, row->at, count};
	int code = fn(context, &batch);

	if (code < 0)
		return code;
	for (size_t i = 0; i < count && row->at + count < row->end; i++)
		row->number += event_numbers(&row->at[i]);
	row->at += count;
	if (row->at == row->end && file->next < file->count)
		code = next_packet(file, fault);
	return code;
}

int ctf_read(struct ctf_reader *reader, stream_fn fn, void *context, struct fault *fault)
{
	struct merge_heap heap = {0};
	int code = 0;

	for (size_t i = 0; i < reader->count && code == 0; i++) {
		struct ctf_file *file = &reader->files[i];

		file->next = 0;
		if (file->count == 0)
			continue;
		code = next_packet(file, fault);
		if (code == 0 && merge_heap_add(&heap, &file->row) < 0)
			code = fault_set(fault, -ENOMEM, "out of memory");
	}
	while (code == 0 && heap.count) {
		size_t run = merge_heap_run(&heap, UINT64_MAX);

		code = take(heap.rows[0], run, fn, context, fault);
		merge_heap_settle(&heap);
	}
	merge_heap_fini(&heap);
	return code;
}

void ctf_reader_close(struct ctf_reader *reader)
{
	if (!reader)
		return;
	for (size_t i = 0; i < reader->count; i++) {
		struct ctf_file *file = &reader->files[i];

		if (file->bytes)
			munmap((void *)file->bytes, file->size);
		free(file->packets);
		free(file->offsets);
		free(file->name);
	}
	free(reader->files);
	free(reader);
}
