/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * locations.h - the access engine: shared locations, who touched them, conflicts.
 *
 * For each location it keeps a bounded history: the latest accesses by
 * (site, kind, locks held), which can be the middle of a triple, and the pairs
 * of consecutive accesses of one task across a gap, which can be its outside.
 * Each new pair is held against the accesses, each new access against the
 * pairs. A pair and an access that conflict are told once; how often it
 * happened is added up and told at the end.
 *
 * Within one step only the last access of a task to a location matters to the
 * next pair. A location is known by its address: accesses of different size
 * that begin at the same address are one location, those that begin elsewhere
 * are another.
 */
#ifndef ANALYZERS_LOCATIONS_H
#define ANALYZERS_LOCATIONS_H

#include <stdint.h>

#include "blind_writes.h"
#include "conflict.h"
#include "base/idmap.h"
#include "base/slab.h"
#include "world/world.h"

#define LOCATIONS_MAX      (1u << 20) /* at once; accesses to more are ignored and counted */
#define LOCATIONS_ACCESSES 16u        /* possible middles kept per location */
#define LOCATIONS_PAIRS    32u        /* possible outsides kept per location */
#define LOCATIONS_GRANULE  64u        /* bytes; FORGET looks a granule at a time */
#define LOCATIONS_NEAR     4096u      /* entries that are found at once, 32 a task */

#define LOCATIONS_PENDING 64u /* conflicts put off to the end of a step */

/** Told for a conflict: the first time with count 1 and at the end with the rest; for a further
 * access that conflicts with the same pair in the same way, with count 0. */
typedef void (*conflict_fn)(void *context, const struct conflict *conflict, uint64_t count);

struct location;
struct entry;

/** A possible conflict that is told when the step that runs has ended. */
struct locations_pending {
	struct location *location;
	uint8_t pair, slot;
	bool cancelled;
	int shape;
};

struct locations {
	struct world *world;
	conflict_fn fn;
	void *context;
	struct slab locations, entries;
	struct idmap by_key, by_granule, entry_by_key;
	uint64_t lives; /* locations made so far */
	struct blind_writes blind;
	uint64_t accesses;                  /* taken */
	uint64_t ignored;                   /* beyond LOCATIONS_MAX */
	struct entry *near[LOCATIONS_NEAR]; /* found lately, by actor and a hash of the key */
	struct locations_pending pending[LOCATIONS_PENDING];
	unsigned pending_count;
	int error;
};

void locations_init(struct locations *locations, struct world *world, conflict_fn fn,
                    void *context);
/** Tells the counts that are still owed. */
void locations_finish(struct locations *locations);
void locations_fini(struct locations *locations);

/** `actor` accesses the location with `key` (an address, or locations_io_key) now. */
void locations_access(struct locations *locations, const struct thread *thread, struct actor *actor,
                      uint64_t key, unsigned bits, const struct aw_event *event);

/** The key of a descriptor or transport. */
static inline uint64_t locations_io_key(uint64_t object)
{
	return object | 1ull << 63;
}

/** Tells what was put off to the end of a step. */
void locations_settle(struct locations *locations);

/** A step has ended: what was put off to its end is told. */
static inline void locations_step_end(struct locations *locations)
{
	if (locations->pending_count)
		locations_settle(locations);
}

/** The actor whose step runs has cancelled a task. */
void locations_cancelled(struct locations *locations, uint64_t task);

/** The memory [address, address + size) has another meaning from now on. */
void locations_forget(struct locations *locations, uint64_t address, uint64_t size);

/** An actor ends: what is kept of its accesses, but for the histories, goes. */
void locations_actor_end(struct locations *locations, struct actor *actor);

#endif
