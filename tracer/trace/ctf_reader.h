/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctf_reader.h - reads a trace folder that ctf_writer wrote, near memory speed.
 *
 * Streams come merged by time into one order. Memory is one slice of 64 KiB for
 * each stream and 100 bytes for each packet.
 */
#ifndef TRACER_CTF_READER_H
#define TRACER_CTF_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "event/stream.h"

struct ctf_reader;

struct ctf_reader_info {
	uint64_t events;
	uint64_t packets;
	uint64_t streams;
	uint64_t lost;      /* records the trace says are missing */
	uint64_t cut_bytes; /* at the ends of files: a packet that was not written whole, ignored */
	bool unfinished;    /* its writer was killed or could not write, or still writes */
	uint64_t begin;     /* ns, time of the first and the last event; 0 if there are none */
	uint64_t end;
};

/**
 * Opens a trace and checks every packet's frame. Failures, told apart, with one line in `fault`:
 * -ENOENT no such folder; -ENOTDIR, -EPROTO not a trace of ours; -EPROTONOSUPPORT from a newer
 * version; -EBADMSG damaged; others of the file system. A truncated trace is no failure, see
 * cut_bytes.
 */
int ctf_reader_open(const char *path, struct ctf_reader **out, struct fault *fault);

void ctf_reader_info(const struct ctf_reader *reader, struct ctf_reader_info *out);

/** Calls `fn` with all events, in one legal order. May be called again. 0; -EBADMSG with `fault`
 * for an event that cannot be (unknown kind, time out of its packet); or what `fn` returned. */
int ctf_read(struct ctf_reader *reader, stream_fn fn, void *context, struct fault *fault);

void ctf_reader_close(struct ctf_reader *reader); /* takes NULL */

#endif
