/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conflict.h - an unserialisable triple of accesses, as the access engine tells it.
 *
 * The four triples of AVIO (Lu, Tucek, Qin, Zhou, ASPLOS 2006): two
 * consecutive accesses of one task on a location, with a gap between them, and
 * one of another actor that makes no serial order explain what was read.
 */
#ifndef ANALYZERS_CONFLICT_H
#define ANALYZERS_CONFLICT_H

#include <stdbool.h>
#include <stdint.h>

#include "world/world.h"

/* Bits of an access. */
enum access_bits {
	ACCESS_READ = 1,
	ACCESS_WRITE = 2,
	ACCESS_TEST = 4,      /* with READ: decides whether the task acts */
	ACCESS_USE = 8,       /* a value known from before is used; no memory is read */
	ACCESS_IO = 16,       /* with READ and WRITE: an operation on a descriptor */
	ACCESS_SAME = 32,     /* with WRITE: of what stood there; it ends a pair and is in no gap */
	ACCESS_INFERRED = 64, /* not seen itself: a callback behind the actor's step may be it */
	ACCESS_ITERATE = 128  /* with USE: the next step of an iteration over it */
};

enum conflict_shape {
	CONFLICT_RWR, /* two reads disagree */
	CONFLICT_WWR, /* what was written is not what is read */
	CONFLICT_RWW, /* the write ignores the other's write */
	CONFLICT_WRW, /* the other saw a state between two writes */
	CONFLICT_RACE /* no triple: `first` and `other`, of two threads, at the same time */
};

/** One of the three accesses. */
struct conflict_access {
	uint64_t actor; /* id */
	uint64_t site;
	uint64_t time;         /* ns */
	uint8_t bits;          /* enum access_bits */
	uint32_t thread;       /* number */
	bool unsure;           /* it may have held locks that were not seen taken */
	struct lockset guards; /* at the access */
	struct lockset step;   /* at any time in its step, up to the access */
};

/** A triple. Valid during the call it is passed to. */
struct conflict {
	enum conflict_shape shape;
	bool observed;     /* it happened; else it is possible in another order of steps */
	bool is_protected; /* a lock of `region` (CONFLICT_RACE: held at the first) excludes
	                      `other`: it can only happen without the lock */
	uint64_t address;  /* of the location; I/O: the descriptor's id */
	uint64_t gap_site; /* where the task suspended between the two, 0: not known */
	struct conflict_access first,
		second; /* of the task; second.bits has ACCESS_USE for a use */
	struct conflict_access other;
	struct lockset region; /* locks held in one acquisition from first to second */
	struct lockset
		cover; /* locks held over all of the gap, in one acquisition: at least those */
};

/** The shape of a triple by the bits of its accesses; -1: it is serialisable. */
static inline int conflict_shape(unsigned first, unsigned second, unsigned other)
{
	bool reads = second & (ACCESS_READ | ACCESS_USE);

	if ((other & ACCESS_WRITE) && (first & ACCESS_READ) && (second & ACCESS_WRITE))
		return CONFLICT_RWW;
	if ((other & ACCESS_WRITE) && (first & ACCESS_READ) && reads)
		return CONFLICT_RWR;
	if ((other & ACCESS_WRITE) && (first & ACCESS_WRITE) && reads)
		return CONFLICT_WWR;
	if ((other & ACCESS_READ) && (first & ACCESS_WRITE) && (second & ACCESS_WRITE))
		return CONFLICT_WRW;
	return -1;
}

/** Is a message an excuse: may the other's access be what the task waited for? A lost update is
 * none. */
static inline bool conflict_excusable(enum conflict_shape shape, unsigned first)
{
	return shape != CONFLICT_RWW || (first & ACCESS_TEST);
}

/** A lock of both sets excludes one from the other: the same lock, not shared by both. Its guard in
 * `a`, or 0. */
static inline guard_t lockset_common(const struct lockset *a, const struct lockset *b)
{
	for (unsigned i = 0; i < a->count; i++)
		for (unsigned j = 0; j < b->count; j++)
			if (guard_same_lock(a->lock[i], b->lock[j]) &&
			    !(a->lock[i] & b->lock[j] & 1))
				return a->lock[i];
	return 0;
}

#endif
