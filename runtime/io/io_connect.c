/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_connect.c - waiting for a connection under way, whatever its family.
 *
 * A task that gives up closes the handle; libuv then answers the request with
 * ECANCELED, finds nobody waiting, and the request frees itself.
 */
#include <stdlib.h>

#include "io_connect.h"

struct io_connect *io_connect_new(void)
{
	return calloc(1, sizeof(struct io_connect));
}

void io_connect_done(uv_connect_t *uv, int status)
{
	struct io_connect *connect = (struct io_connect *)uv;

	io_wait_wake(&connect->wait, status);
	free(connect);
}

int io_connect_wait(int error, struct io_connect *connect, struct aw_stream *stream,
                    struct io_call *call, struct aw_stream **out)
{
	struct io_wait wait;

	if (error < 0)
		free(connect);
	else
		error = io_wait_park(&wait, &connect->wait, call);
	if (error < 0) {
		aw_stream_close(stream);
		return error;
	}
	io_call_end(call);
	*out = stream;
	return 0;
}
