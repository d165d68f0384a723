/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctf_format.h - the frame of a packet on disk. Its other description is the
 * TSDL that ctf_metadata.c writes; a test has babeltrace2 read the two together.
 *
 * A packet is this header, then `count` records of event.h as they are in
 * memory: CTF's event header is a record's time and kind, its fields are the rest.
 */
#ifndef TRACER_CTF_FORMAT_H
#define TRACER_CTF_FORMAT_H

#include <stdint.h>

#include <awaitness/event.h>

#define CTF_MAGIC  0xc1fc1fc1u
#define CTF_FORMAT 1u /* of our layout; a higher one is from a newer version */

struct ctf_packet {
	uint32_t magic;
	uint8_t uuid[16];   /* of the trace, as in the metadata */
	uint32_t stream;    /* class: always 0 */
	uint64_t begin;     /* time of the first record */
	uint64_t end;       /* time of the last */
	uint64_t content;   /* size in bits, with this header */
	uint64_t size;      /* the same: packets are not padded */
	uint64_t discarded; /* records of this stream lost up to the end of this packet */
	uint64_t sequence;  /* number of the packet in its file */
	uint32_t pid;
	uint32_t tid;
	uint64_t first; /* number of the first record in its stream */
	uint64_t count;
};

_Static_assert(sizeof(struct ctf_packet) == 96, "the TSDL says so");
_Static_assert(sizeof(struct aw_event) == 32, "the TSDL says so");

#endif
