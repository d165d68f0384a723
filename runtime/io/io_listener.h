/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_listener.h - listening, for those that bind an address (TCP, Unix).
 */
#ifndef RUNTIME_IO_LISTENER_H
#define RUNTIME_IO_LISTENER_H

#include "io_stream.h"

/**
 * Listens on `stream`, a bound handle, and takes it over. `error` is what
 * binding gave: if that or listening failed the stream is closed and the error
 * returned.
 */
int io_listener_new(int error, struct aw_stream *stream, int backlog, struct aw_listener **out);

#endif
