/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_stream.c - reading, writing and closing of streams.
 *
 * Reading runs ahead, as in asyncio's StreamReader: from the first read on
 * libuv fills the stream's buffer whenever bytes come, until it is full; a read
 * that finds what it wants there does not suspend. A full buffer stops the
 * reading, so that a slow consumer slows the peer.
 *
 * Writing tries the socket first; the rest is copied into a request of its own,
 * so that a task that gives up its wait can let go of its buffer at once.
 */
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "io_stream.h"
#include "task/object.h"

enum { BUFFER_BYTES = 64 * 1024, COMPACT_BYTES = 4 * 1024 };

/* A socket whose peer is gone must give EPIPE, not kill the process. */
static void sigpipe_ignore(void)
{
	struct sigaction action;

	if (sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL)
		signal(SIGPIPE, SIG_IGN);
}

static uv_once_t sigpipe_once = UV_ONCE_INIT;

static void stream_free(struct aw_stream *stream)
{
	free(stream->buffer);
	free(stream);
}

int io_stream_open(uv_handle_type type, struct aw_stream **out)
{
	uv_loop_t *loop = io_loop();
	struct aw_stream *stream;
	int error;

	*out = NULL;
	if (!loop)
		return -EPERM;
	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return -ENOMEM;
	uv_once(&sigpipe_once, sigpipe_ignore);
	error = type == UV_TCP ? uv_tcp_init(loop, &stream->uv.tcp)
	                       : uv_pipe_init(loop, &stream->uv.pipe, 0);
	if (error < 0) {
		stream_free(stream);
		return error;
	}
	stream->id = object_id();
	stream->refs = 1;
	*out = stream;
	return 0;
}

static void stream_unref(struct aw_stream *stream)
{
	assert(stream->refs);
	if (--stream->refs == 0)
		stream_free(stream);
}

static void stream_closed(uv_handle_t *handle)
{
	stream_unref((struct aw_stream *)handle);
}

void aw_stream_close(struct aw_stream *stream)
{
	if (!stream || stream->closing)
		return;
	stream->closing = true;
	stream->reading = false;
	io_wait_wake(&stream->reader, -EBADF);
	uv_close(&stream->uv.handle, stream_closed);
}

uint64_t aw_stream_id(const struct aw_stream *stream)
{
	return stream->id;
}

size_t aw_stream_buffered(const struct aw_stream *stream)
{
	return stream->used;
}

bool aw_stream_ended(const struct aw_stream *stream)
{
	return stream->closing || (stream->ended && !stream->used);
}

/* Makes room for `size` bytes in all. Moving what is there is avoided while the
 * tail has room, so that the cost of moving is spread over many reads. */
static int buffer_reserve(struct aw_stream *stream, size_t size)
{
	char *grown;

	if (size < BUFFER_BYTES)
		size = BUFFER_BYTES;
	if (stream->first && stream->size - stream->first - stream->used < COMPACT_BYTES) {
		memmove(stream->buffer, stream->buffer + stream->first, stream->used);
		stream->first = 0;
	}
	if (stream->size >= size)
		return 0;
	grown = realloc(stream->buffer, size);
	if (!grown)
		return -ENOMEM;
	stream->buffer = grown;
	stream->size = size;
	return 0;
}

static void buffer_consume(struct aw_stream *stream, size_t count)
{
	stream->first += count;
	stream->used -= count;
	if (!stream->used)
		stream->first = 0;
}

static void stream_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
	struct aw_stream *stream = (struct aw_stream *)handle;

	(void)suggested;
	if (buffer_reserve(stream, stream->size) < 0) {
		*out = uv_buf_init(NULL, 0);
		return;
	}
	out->base = stream->buffer + stream->first + stream->used;
	out->len = stream->size - stream->first - stream->used;
}

static void stream_received(uv_stream_t *uv, ssize_t count, const uv_buf_t *data)
{
	struct aw_stream *stream = (struct aw_stream *)uv;

	(void)data;
	if (count > 0)
		stream->used += (size_t)count;
	else if (count < 0)
		stream->ended = (int)count;
	if (stream->ended || stream->first + stream->used == stream->size) {
		uv_read_stop(uv);
		stream->reading = false;
	}
	if (count)
		io_wait_wake(&stream->reader, 0);
}

/* Reads on if there is room. */
static int stream_start(struct aw_stream *stream)
{
	int error;

	if (stream->reading || stream->ended)
		return 0;
	error = uv_read_start(&stream->uv.stream, stream_alloc, stream_received);
	stream->reading = error == 0;
	return error;
}

/* Waits for more bytes; 1: there are more, 0: end of file. `suspended` is set if it waited. */
static int stream_more(struct aw_stream *stream, struct io_call *call)
{
	struct io_wait wait;
	int error;

	if (stream->closing)
		return -EBADF;
	if (stream->ended)
		return stream->ended == UV_EOF ? 0 : stream->ended;
	error = stream_start(stream);
	if (error < 0)
		return error;
	stream->refs++;
	error = io_wait_park(&wait, &stream->reader, call);
	if (error >= 0 && stream->closing)
		error = -EBADF;
	if (error < 0) {
		stream_unref(stream);
		return error;
	}
	stream->refs--; /* not the last: the handle is open */
	return 1;
}

/* Can `task` read here at all, and is there room for what it wants in one piece? */
static int stream_read_check(struct aw_stream *stream, size_t size)
{
	if (stream->closing)
		return -EBADF;
	if (stream->reader)
		return -EBUSY;
	return buffer_reserve(stream, size);
}

static void stream_take(struct aw_stream *stream, void *out, size_t count)
{
	memcpy(out, stream->buffer + stream->first, count);
	buffer_consume(stream, count);
	/* Room again. An error here shows at the next read that has to wait. */
	if (!stream->closing)
		stream_start(stream);
}

ssize_t aw_read(struct aw_stream *stream, void *buffer, size_t size, int64_t deadline)
{
	struct io_call call;
	int error = stream_read_check(stream, 0);

	if (error < 0)
		return error;
	io_call_begin(&call, stream->id, deadline, CALLER);
	while (!stream->used) {
		error = stream_more(stream, &call);
		if (error <= 0)
			return error;
	}
	io_call_end(&call);
	if (size > stream->used)
		size = stream->used;
	stream_take(stream, buffer, size);
	return (ssize_t)size;
}

ssize_t aw_read_exact(struct aw_stream *stream, void *buffer, size_t size, int64_t deadline)
{
	struct io_call call;
	int error = stream_read_check(stream, size);

	if (error < 0)
		return error;
	io_call_begin(&call, stream->id, deadline, CALLER);
	while (stream->used < size) {
		error = stream_more(stream, &call);
		if (error < 0)
			return error;
		if (error == 0)
			return stream->used ? -ENODATA : 0;
	}
	io_call_end(&call);
	stream_take(stream, buffer, size);
	return (ssize_t)size;
}

/* The line at hand: moves it out. `end` is its '\n'. */
static ssize_t line_take(struct aw_stream *stream, char *line, const char *end)
{
	size_t raw = (size_t)(end - (stream->buffer + stream->first)) + 1, length = raw - 1;

	stream_take(stream, line, raw);
	if (length && line[length - 1] == '\r')
		length--;
	line[length] = '\0';
	return (ssize_t)length;
}

ssize_t aw_read_line(struct aw_stream *stream, char *line, size_t size, int64_t deadline)
{
	struct io_call call;
	size_t seen = 0; /* bytes known to hold no '\n' */
	int error = stream_read_check(stream, size);

	if (error < 0)
		return error;
	io_call_begin(&call, stream->id, deadline, CALLER);
	for (;;) {
		const char *bytes = stream->buffer + stream->first, *end;
		size_t limit = stream->used < size ? stream->used : size;

		end = limit > seen ? memchr(bytes + seen, '\n', limit - seen) : NULL;
		if (end) {
			io_call_end(&call);
			return line_take(stream, line, end);
		}
		if (limit == size)
			return -EMSGSIZE;
		seen = limit;
		error = stream_more(stream, &call);
		if (error < 0)
			return error;
		if (error == 0)
			return stream->used ? -ENODATA : -EPIPE;
	}
}

/* A write that the kernel did not take whole. Lives until libuv has sent or dropped it. */
struct write_request {
	uv_write_t uv;
	struct io_wait *wait; /* NULL: nobody waits any more */
	char data[];
};

/* libuv says ECANCELED for what a close dropped; a task takes that for its own cancellation. */
static int request_status(int status)
{
	return status == UV_ECANCELED ? -EBADF : status;
}

static void write_done(uv_write_t *uv, int status)
{
	struct write_request *request = (struct write_request *)uv;

	io_wait_wake(&request->wait, request_status(status));
	free(request);
}

/* Queues a copy of the bytes and waits until they are sent. */
static int write_queue(struct aw_stream *stream, const char *data, size_t size,
                       struct io_call *call)
{
	struct write_request *request = malloc(sizeof(*request) + size);
	struct io_wait wait;
	uv_buf_t piece;
	int error;

	if (!request)
		return -ENOMEM;
	request->wait = NULL;
	memcpy(request->data, data, size);
	piece = uv_buf_init(request->data, 0);
	piece.len = size;
	error = uv_write(&request->uv, &stream->uv.stream, &piece, 1, write_done);
	if (error < 0) {
		free(request);
		return error;
	}
	error = io_wait_park(&wait, &request->wait, call);
	if (!error)
		io_call_end(call);
	return error;
}

int aw_write(struct aw_stream *stream, const void *data, size_t size, int64_t deadline)
{
	struct io_call call;
	uv_buf_t piece = uv_buf_init(NULL, 0);
	int sent;

	if (stream->closing)
		return -EBADF;
	io_call_begin(&call, stream->id, deadline, CALLER);
	/* uv_try_write only reads through the pointer. */
	piece.base = (char *)(uintptr_t)data;
	piece.len = size;
	sent = size ? uv_try_write(&stream->uv.stream, &piece, 1) : 0;
	if (sent == UV_EAGAIN)
		sent = 0;
	if (sent < 0)
		return sent;
	if ((size_t)sent == size)
		return 0;
	return write_queue(stream, (const char *)data + sent, size - (size_t)sent, &call);
}

struct shutdown_request {
	uv_shutdown_t uv;
	struct io_wait *wait;
};

static void shutdown_done(uv_shutdown_t *uv, int status)
{
	struct shutdown_request *request = (struct shutdown_request *)uv;

	io_wait_wake(&request->wait, request_status(status));
	free(request);
}

int aw_stream_shutdown(struct aw_stream *stream, int64_t deadline)
{
	struct shutdown_request *request;
	struct io_call call;
	struct io_wait wait;
	int error;

	if (stream->closing)
		return -EBADF;
	request = calloc(1, sizeof(*request));
	if (!request)
		return -ENOMEM;
	error = uv_shutdown(&request->uv, &stream->uv.stream, shutdown_done);
	if (error < 0) {
		free(request);
		return error;
	}
	io_call_begin(&call, stream->id, deadline, CALLER);
	error = io_wait_park(&wait, &request->wait, &call);
	if (!error)
		io_call_end(&call);
	return error;
}
