/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_pipe.c - pipes, and streams of descriptors that are there already.
 */
#include <errno.h>
#include <unistd.h>

#include "io_stream.h"

int aw_pipe_open(int fd, struct aw_stream **out)
{
	struct aw_stream *stream;
	int error = io_stream_open(UV_NAMED_PIPE, &stream);

	*out = NULL;
	if (error < 0)
		return error;
	error = uv_pipe_open(&stream->uv.pipe, fd);
	if (error < 0) {
		aw_stream_close(stream);
		return error;
	}
	*out = stream;
	return 0;
}

int aw_pipe_new(struct aw_stream *out[2])
{
	uv_file fds[2];
	int error = uv_pipe(fds, UV_NONBLOCK_PIPE, UV_NONBLOCK_PIPE);

	out[0] = out[1] = NULL;
	if (error < 0)
		return error;
	error = aw_pipe_open(fds[0], &out[0]);
	if (error < 0) {
		close(fds[0]);
		close(fds[1]);
		return error;
	}
	error = aw_pipe_open(fds[1], &out[1]);
	if (error < 0) {
		close(fds[1]);
		aw_stream_close(out[0]);
		out[0] = NULL;
	}
	return error;
}
