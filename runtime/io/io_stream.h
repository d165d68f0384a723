/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_stream.h - what a stream is inside; for those that make streams (TCP,
 * Unix sockets, pipes, child processes).
 *
 * A stream is libuv's from io_stream_open until its close callback;
 * aw_stream_close is the only way to get rid of it.
 */
#ifndef RUNTIME_IO_STREAM_H
#define RUNTIME_IO_STREAM_H

#include <awaitness/io.h>
#include <uv.h>

#include "io_wait.h"

struct aw_stream {
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	} uv;
	uint64_t id;
	unsigned int refs;      /* one for the open handle, one for each call under way */
	bool closing;           /* aw_stream_close was called */
	bool reading;           /* uv_read_start is on */
	int ended;              /* 0, or why reading ended: UV_EOF or an error */
	struct io_wait *reader; /* the one call that waits for bytes */
	char *buffer;           /* bytes read ahead: [first, first + used) of `size` */
	size_t first;
	size_t used;
	size_t size;
};

/** Makes a stream of this thread's loop, its handle initialised as `type` (UV_TCP or
 * UV_NAMED_PIPE). */
int io_stream_open(uv_handle_type type, struct aw_stream **out);

#endif
