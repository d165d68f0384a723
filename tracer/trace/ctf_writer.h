/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctf_writer.h - the event stream as a CTF 1.8 trace folder.
 *
 * The folder (mode 0700) holds `metadata` (TSDL, made from event.h's rows) and
 * one file for each stream, `stream-PID-TID`, a row of packets. Only whole
 * packets are ever written, so a trace is readable up to the last one
 * wherever the writer died or the disk filled up.
 *
 * CTF wants time in a stream never to go back: an event older than the one
 * before it in its stream gets that one's time, and is counted (`clamped`).
 */
#ifndef TRACER_CTF_WRITER_H
#define TRACER_CTF_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "event/stream.h"

struct ctf_writer;

struct ctf_writer_options {
	bool force;         /* write over a trace that is there already */
	size_t packet_size; /* bytes, 0: the default, 128 KiB */
};

struct ctf_writer_stats {
	uint64_t events;
	uint64_t packets;
	uint64_t bytes;
	uint64_t lost;    /* sum of the LOST records */
	uint64_t clamped; /* events whose time went back */
	uint64_t streams;
};

/**
 * Creates the folder and its metadata. `options` may be NULL. -EEXIST: there is something at `path`
 * and no `force` (with it, only what is itself a trace folder is replaced, never anything else);
 * other negative errno of the file system. A message is in `fault`.
 */
int ctf_writer_open(const char *path, const struct ctf_writer_options *options,
                    struct ctf_writer **out, struct fault *fault);

/** Takes a batch (a stream_fn); copies it. 0 or a negative errno (-ENOSPC, ...). */
int ctf_write(void *writer, const struct stream_batch *batch);

/** Writes all that is held as (short) packets: call it about once a second while recording. */
int ctf_writer_flush(struct ctf_writer *writer);

void ctf_writer_stats(const struct ctf_writer *writer, struct ctf_writer_stats *out);

/** Flushes and frees. 0 or the negative errno of the flush. Takes NULL. */
int ctf_writer_close(struct ctf_writer *writer);

#endif
