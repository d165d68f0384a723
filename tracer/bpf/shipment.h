/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shipment.h - what the BPF programs of a session hand to user space.
 *
 * Included by both sides.
 */
#ifndef BPF_SHIPMENT_H
#define BPF_SHIPMENT_H

#ifndef __bpf__ /* there, shipment.bpf.h defines the types */
#include <stdint.h>
#endif

#include <awaitness/event.h>

/** One ring buffer entry: this, then batch.count records. */
struct shipment {
	uint64_t generation; /* which log of this thread id: a new one counts from 0 again */
	uint64_t begin;      /* number at which this generation was first seen */
	uint32_t ended;      /* 1: the thread has ended, batch.first is its final number */
	uint32_t drained;    /* 1: taken from a dying thread, not shipped by it */
	struct aw_batch batch;
};

/** What is known of a thread; key: its id. Only its own thread changes it (no races), but for the
 * deletion when it ends. */
struct shipment_thread {
	uint64_t head; /* address of its struct aw_log_head; fine-grained probes: 0 */
	uint64_t next; /* number after the last record seen, handed over or not */
	uint64_t generation;
	uint64_t begin;
};

/** Where hits and records went. Indices of `counters`. */
enum shipment_counter {
	SHIPMENT_HITS,       /* probe hits of the target, all probes */
	SHIPMENT_RING_FULL,  /* shipments dropped: no room in the ring */
	SHIPMENT_LOST,       /* records in these */
	SHIPMENT_BAD_HEAD,   /* hits whose log head made no sense or could not be read */
	SHIPMENT_UNREADABLE, /* shipments dropped: records could not be read */
	SHIPMENT_UNKNOWN,    /* threads not remembered: too many */
	SHIPMENT_DRAINS,     /* logs of dying threads taken */
	SHIPMENT_UNNUMBERED, /* records of threads that are not remembered, where the program
	                        numbers */
	SHIPMENT_COUNTERS
};

#define SHIPMENT_THREADS 65536u

#endif
