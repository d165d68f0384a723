/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_connect.h - waiting for a connection under way, whatever its family.
 */
#ifndef RUNTIME_IO_CONNECT_H
#define RUNTIME_IO_CONNECT_H

#include "io_stream.h"

/** A request to connect, on the heap: libuv may answer after the task has given up. */
struct io_connect {
	uv_connect_t uv;
	struct io_wait *wait;
};

/** Returns a request to pass to uv_*_connect with io_connect_done; NULL: out of memory. */
struct io_connect *io_connect_new(void);

/** The callback: wakes the task and frees the request. */
void io_connect_done(uv_connect_t *uv, int status);

/**
 * Waits for `connect`, unless starting it has failed (`error` < 0: nothing is under
 * way). Success: *out is the stream. Failure: the stream is closed.
 */
int io_connect_wait(int error, struct io_connect *connect, struct aw_stream *stream,
                    struct io_call *call, struct aw_stream **out);

#endif
