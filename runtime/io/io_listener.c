/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_listener.c - accepting connections.
 *
 * libuv accepts a connection by itself and then waits until it is fetched:
 * `ready`. Tasks that wait stand in a queue; the callback wakes the first, which
 * fetches the connection when it runs. If it was cancelled meanwhile, `ready`
 * stays set and whoever leaves wakes the next.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "io_listener.h"

/* A call of aw_accept that waits; on that call's stack. */
struct acceptor {
	struct io_wait *wait;
	struct acceptor *next;
};

struct aw_listener {
	struct aw_stream *stream; /* its handle's `data` is the listener */
	struct acceptor *first;
	struct acceptor **last;
	unsigned int refs; /* one for the open listener, one for each call under way */
	bool ready;        /* a connection can be fetched */
	bool closing;
	int error; /* the next fetch fails with this */
};

static void listener_unref(struct aw_listener *listener)
{
	if (--listener->refs == 0)
		free(listener);
}

static bool listener_has(const struct aw_listener *listener)
{
	return listener->ready || listener->error || listener->closing;
}

/* Wakes the first acceptor that has not been woken yet, if there is something for it. */
static void listener_wake(struct aw_listener *listener)
{
	struct acceptor *acceptor = listener->first;

	if (acceptor && listener_has(listener))
		io_wait_wake(&acceptor->wait, 0);
}

static void listener_connection(uv_stream_t *uv, int status)
{
	struct aw_listener *listener = uv->data;

	if (status < 0)
		listener->error = status;
	else
		listener->ready = true;
	listener_wake(listener);
}

int io_listener_new(int error, struct aw_stream *stream, int backlog, struct aw_listener **out)
{
	struct aw_listener *listener = error < 0 ? NULL : calloc(1, sizeof(*listener));

	if (error == 0 && !listener)
		error = -ENOMEM;
	if (error == 0) {
		stream->uv.handle.data = listener;
		error = uv_listen(&stream->uv.stream, backlog, listener_connection);
	}
	if (error < 0) {
		free(listener);
		aw_stream_close(stream);
		return error;
	}
	listener->stream = stream;
	listener->refs = 1;
	listener->last = &listener->first;
	*out = listener;
	return 0;
}

uint16_t aw_listener_port(const struct aw_listener *listener)
{
	struct sockaddr_storage address;
	int size = sizeof(address);

	if (listener->stream->uv.handle.type != UV_TCP ||
	    uv_tcp_getsockname(&listener->stream->uv.tcp, (struct sockaddr *)&address, &size) < 0)
		return 0;
	/* The port lies at the same place for IPv4 and IPv6. */
	return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

uint64_t aw_listener_id(const struct aw_listener *listener)
{
	return listener->stream->id;
}

static void listener_leave(struct aw_listener *listener, struct acceptor *acceptor)
{
	struct acceptor **at = &listener->first;

	while (*at != acceptor)
		at = &(*at)->next;
	*at = acceptor->next;
	if (!*at)
		listener->last = at;
}

/* Waits until there is something to fetch and it is this call's turn. */
static int listener_wait(struct aw_listener *listener, struct io_call *call)
{
	struct acceptor acceptor = {0};
	struct io_wait wait;
	int error;

	if (listener_has(listener) && !listener->first)
		return 0;
	*listener->last = &acceptor;
	listener->last = &acceptor.next;
	do
		error = io_wait_park(&wait, &acceptor.wait, call);
	while (!error && !listener_has(listener));
	listener_leave(listener, &acceptor);
	return error;
}

static int listener_fetch(struct aw_listener *listener, struct aw_stream **out)
{
	int error = listener->error;

	if (listener->closing)
		return -EBADF;
	listener->error = 0;
	if (error < 0)
		return error;
	error = io_stream_open(listener->stream->uv.handle.type, out);
	if (error < 0)
		return error;
	/* libuv may call listener_connection from within: clear first. */
	listener->ready = false;
	error = uv_accept(&listener->stream->uv.stream, &(*out)->uv.stream);
	if (error < 0) {
		aw_stream_close(*out);
		*out = NULL;
		return error;
	}
	if ((*out)->uv.handle.type == UV_TCP)
		uv_tcp_nodelay(&(*out)->uv.tcp, 1);
	return 0;
}

int aw_accept(struct aw_listener *listener, int64_t deadline, struct aw_stream **out)
{
	struct io_call call;
	int error;

	*out = NULL;
	if (listener->closing)
		return -EBADF;
	io_call_begin(&call, listener->stream->id, deadline, CALLER);
	listener->refs++;
	error = listener_wait(listener, &call);
	if (!error)
		error = listener_fetch(listener, out);
	if (!error)
		io_call_end(&call);
	listener_wake(listener);
	listener_unref(listener);
	return error;
}

void aw_listener_close(struct aw_listener *listener)
{
	if (!listener || listener->closing)
		return;
	listener->closing = true;
	aw_stream_close(listener->stream);
	listener_wake(listener);
	listener_unref(listener);
}
