/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_unix.c - Unix sockets: connect and listen. The rest is io_stream.c and
 * io_listener.c.
 */
#include <errno.h>
#include <string.h>
#include <sys/un.h>

#include "io_connect.h"
#include "io_listener.h"

/* libuv would cut a long path short and use another one. */
static int path_check(const char *path)
{
	return strlen(path) < sizeof(((struct sockaddr_un *)0)->sun_path) ? 0 : -ENAMETOOLONG;
}

int aw_unix_connect(const char *path, int64_t deadline, struct aw_stream **out)
{
	struct io_connect *connect;
	struct aw_stream *stream;
	struct io_call call;
	int error = path_check(path);

	*out = NULL;
	if (error == 0)
		error = io_stream_open(UV_NAMED_PIPE, &stream);
	if (error)
		return error;
	io_call_begin(&call, stream->id, deadline, CALLER);
	connect = io_connect_new();
	if (!connect)
		error = -ENOMEM;
	else
		uv_pipe_connect(&connect->uv, &stream->uv.pipe, path, io_connect_done);
	return io_connect_wait(error, connect, stream, &call, out);
}

int aw_unix_listen(const char *path, int backlog, struct aw_listener **out)
{
	struct aw_stream *stream;
	int error = path_check(path);

	*out = NULL;
	if (error == 0)
		error = io_stream_open(UV_NAMED_PIPE, &stream);
	if (error)
		return error;
	error = uv_pipe_bind(&stream->uv.pipe, path);
	/* libuv says EACCES for a directory that is not there. */
	return io_listener_new(error, stream, backlog, out);
}
