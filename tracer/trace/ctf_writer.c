/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctf_writer.c - records into packets into files.
 *
 * Each stream has the packet that is being filled in memory; a file is open
 * only while a packet is written, so that the number of threads is not bounded
 * by descriptors. A packet that could not be written whole is cut off again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "ctf_folder.h"
#include "ctf_format.h"
#include "ctf_writer.h"
#include "event/event_table.h"

#define PACKET_DEFAULT (128u * 1024u)
#define PACKET_LEAST   (sizeof(struct ctf_packet) + sizeof(struct aw_event))
#define STREAMS_MAX    65536u

struct ctf_stream {
	struct ctf_stream *next; /* in its bucket */
	uint32_t pid;
	uint32_t tid;
	uint64_t first;  /* number of the first record in the packet being filled */
	uint64_t number; /* expected of the next record */
	uint64_t last;   /* time of the newest record */
	uint64_t discarded;
	uint64_t sequence; /* packets written */
	off_t bytes;       /* of the file: whole packets */
	struct aw_event *events;
	size_t count;
	bool quiet; /* nothing came since the flush before */
};

#define BUCKETS 1024u

struct ctf_writer {
	int folder;
	uint8_t uuid[16];
	size_t capacity; /* records in a packet */
	struct ctf_stream *buckets[BUCKETS];
	struct ctf_stream *newest; /* used last */
	struct ctf_writer_stats stats;
	bool failed; /* something could not be written: the trace gets no end */
};

/* Writes all of both parts, or as much as can be. 0 or a negative errno. */
static int write_all(int fd, struct iovec parts[2])
{
	while (parts[0].iov_len + parts[1].iov_len > 0) {
		ssize_t written = writev(fd, parts, 2);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		for (int i = 0; i < 2; i++) {
			size_t taken = (size_t)written < parts[i].iov_len ? (size_t)written
			                                                  : parts[i].iov_len;

			parts[i].iov_base = (char *)parts[i].iov_base + taken;
			parts[i].iov_len -= taken;
			written -= (ssize_t)taken;
		}
	}
	return 0;
}

static int append(struct ctf_writer *writer, struct ctf_stream *stream, struct iovec parts[2])
{
	off_t size = (off_t)(parts[0].iov_len + parts[1].iov_len);
	char name[48];
	int fd, code;

	snprintf(name, sizeof(name), CTF_STREAM_NAME, stream->pid, stream->tid);
	fd = openat(writer->folder, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
	            0600);
	if (fd < 0)
		return -errno;
	code = write_all(fd, parts);
	if (code < 0 && ftruncate(fd, stream->bytes) < 0)
		code = -errno; /* the reader ignores the torn packet, unless another follows it */
	if (close(fd) < 0 && code == 0)
		code = -errno;
	if (code == 0) {
		stream->bytes += size;
		writer->stats.bytes += (uint64_t)size;
	}
	return code;
}

static int write_packet(struct ctf_writer *writer, struct ctf_stream *stream)
{
	size_t size = stream->count * sizeof(struct aw_event);
	struct ctf_packet packet = {.magic = CTF_MAGIC,
	                            .begin = stream->count ? stream->events[0].time : 0,
	                            .end = stream->last,
	                            .content = 8 * (sizeof(packet) + size),
	                            .size = 8 * (sizeof(packet) + size),
	                            .discarded = stream->discarded,
	                            .sequence = stream->sequence,
	                            .pid = stream->pid,
	                            .tid = stream->tid,
	                            .first = stream->first,
	                            .count = stream->count};
	struct iovec parts[2] = {{&packet, sizeof(packet)}, {stream->events, size}};
	int code;

	if (stream->count == 0)
		return 0;
	memcpy(packet.uuid, writer->uuid, sizeof(packet.uuid));
	code = append(writer, stream, parts);
	writer->failed = writer->failed || code < 0;
	if (code < 0)
		return code;
	writer->stats.packets++;
	stream->sequence++;
	stream->first = stream->number;
	stream->count = 0;
	return 0;
}

static struct ctf_stream *find(struct ctf_writer *writer, uint32_t pid, uint32_t tid)
{
	struct ctf_stream **bucket = &writer->buckets[(pid * 31 + tid) % BUCKETS];
	struct ctf_stream *stream = writer->newest;

	if (stream && stream->pid == pid && stream->tid == tid)
		return stream;
	for (stream = *bucket; stream; stream = stream->next)
		if (stream->pid == pid && stream->tid == tid)
			break;
	if (!stream && writer->stats.streams < STREAMS_MAX) {
		stream = calloc(1, sizeof(*stream));
		if (!stream)
			return NULL;
		stream->pid = pid;
		stream->tid = tid;
		stream->next = *bucket;
		*bucket = stream;
		writer->stats.streams++;
	}
	writer->newest = stream;
	return stream;
}

/* Copies records into the packet; time never goes back. Returns how many went in. */
static size_t fill(struct ctf_writer *writer, struct ctf_stream *stream,
                   const struct aw_event *events, size_t count)
{
	size_t room = writer->capacity - stream->count;
	size_t taken = count < room ? count : room;
	struct aw_event *to = stream->events + stream->count;
	uint64_t last = stream->last;

	memcpy(to, events, taken * sizeof(*to));
	for (size_t i = 0; i < taken; i++) {
		if (to[i].time < last) {
			to[i].time = last;
			writer->stats.clamped++;
		}
		last = to[i].time;
		if (to[i].kind == AW_LOST) {
			stream->discarded += to[i].object;
			writer->stats.lost += to[i].object;
		}
		stream->number += event_numbers(&to[i]);
	}
	stream->last = last;
	stream->count += taken;
	writer->stats.events += taken;
	return taken;
}

int ctf_write(void *context, const struct stream_batch *batch)
{
	struct ctf_writer *writer = context;
	struct ctf_stream *stream = find(writer, batch->pid, batch->tid);
	size_t done = 0;
	int code = 0;

	if (!stream)
		return writer->stats.streams < STREAMS_MAX ? -ENOMEM : -EMFILE;
	if (!stream->events)
		stream->events = malloc(writer->capacity * sizeof(*stream->events));
	if (!stream->events)
		return -ENOMEM;
	stream->quiet = false;
	if (batch->first != stream->number) {
		code = write_packet(writer, stream);
		if (code < 0)
			return code;
		stream->number = stream->first = batch->first;
	}
	while (done < batch->count && code == 0) {
		done += fill(writer, stream, batch->events + done, batch->count - done);
		if (stream->count == writer->capacity)
			code = write_packet(writer, stream);
	}
	return code;
}

int ctf_writer_flush(struct ctf_writer *writer)
{
	int result = 0;

	for (unsigned i = 0; i < BUCKETS; i++)
		for (struct ctf_stream *stream = writer->buckets[i]; stream;
		     stream = stream->next) {
			int code = write_packet(writer, stream);

			result = result < 0 ? result : code;
			if (stream->quiet && stream->count == 0) {
				free(stream->events);
				stream->events = NULL;
			}
			stream->quiet = true;
		}
	return result;
}

void ctf_writer_stats(const struct ctf_writer *writer, struct ctf_writer_stats *out)
{
	*out = writer->stats;
}

int ctf_writer_open(const char *path, const struct ctf_writer_options *options,
                    struct ctf_writer **out, struct fault *fault)
{
	struct ctf_writer *writer = calloc(1, sizeof(*writer));
	size_t size = options && options->packet_size ? options->packet_size : PACKET_DEFAULT;
	int code;

	*out = NULL;
	if (!writer)
		return fault_set(fault, -ENOMEM, "out of memory");
	if (size < PACKET_LEAST)
		size = PACKET_LEAST;
	writer->capacity = (size - sizeof(struct ctf_packet)) / sizeof(struct aw_event);
	code = ctf_folder_create(path, options && options->force, writer->uuid, fault);
	if (code < 0) {
		free(writer);
		return code;
	}
	writer->folder = code;
	*out = writer;
	return 0;
}

int ctf_writer_close(struct ctf_writer *writer)
{
	int code;

	if (!writer)
		return 0;
	code = ctf_writer_flush(writer);
	if (code == 0 && !writer->failed)
		code = ctf_folder_finish(writer->folder);
	for (unsigned i = 0; i < BUCKETS; i++)
		for (struct ctf_stream *stream = writer->buckets[i], *next; stream; stream = next) {
			next = stream->next;
			free(stream->events);
			free(stream);
		}
	close(writer->folder);
	free(writer);
	return code;
}
