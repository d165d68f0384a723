/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * history.h - what is kept of one location, for locations.c and triples.c alone.
 */
#ifndef ANALYZERS_HISTORY_H
#define ANALYZERS_HISTORY_H

#include "locations.h"

#define HISTORY_SURE   4096u /* accesses of a location that are all held against all pairs; then, */
#define HISTORY_SAMPLE 32u   /* once all was told, every so many, until there is something new */

#define LOCATION_SEATS 4u

/* Its code stays out of that which most accesses go through. */
#define RARELY __attribute__((noinline))

/* An access that can be the middle of a triple; the newest of its (site, bits, guards). What is
 * looked at for each event comes first, in one line of the cache. */
struct candidate {
	uint64_t key; /* a hash of site, bits and locks */
	uint64_t actor;
	uint64_t order;
	uint64_t step;
	uint64_t time;
	uint64_t site;
	uint32_t tag;
	uint32_t thread;
	uint32_t raced; /* bit i: told that candidate i races with it */
	uint8_t bits;
	uint8_t twin; /* the other one of its key, LOCATIONS_ACCESSES: none */
	uint8_t kept; /* of step_guards: the first so many were held since before the step */
	bool unsure;
	struct lockset guards, step_guards; /* as in struct conflict_access */
};

/* Two consecutive accesses of one task across a gap; the newest of its key. What is looked at for
 * each event comes first, in one line of the cache. */
struct pair {
	uint64_t key; /* a hash of both accesses, the gap's site and the locks over it */
	uint64_t actor;
	uint64_t second_step;
	uint32_t tag;
	uint32_t possible; /* bit i: told that candidate i conflicts in another order */
	uint32_t observed; /* bit i: told that candidate i did conflict */
	uint8_t first_bits, second_bits;
	uint8_t wants; /* ACCESS_READ, ACCESS_WRITE: what in the middle makes it a conflict */
	uint64_t first_order;
	uint64_t first_time, second_time;
	uint64_t runs;           /* how often it was run */
	uint64_t happened;       /* how often a conflict happened in it and was not told yet */
	struct conflict *sample; /* what `happened` counts; NULL: nothing happened */
	struct conflict *guess;  /* the first possible one that no lock forbids */
	uint32_t thread;
	uint64_t gap_site;
	uint64_t wait;     /* uid of the lock whose wait was the gap, 0: it was another gap ... */
	bool nested;       /* all its gaps are nested steps: others never run in them */
	guard_t wait_kept; /* ... and that lock was held over all further gaps; 0: there were none
	                    */
	struct lockset region, cover; /* as in struct conflict */
	struct conflict_access first, second;
};

struct location {
	uint32_t slab_word; /* the slab's while the slot is free */
	uint32_t index;
	uint64_t key;        /* 0: the slot is free */
	uint64_t life;       /* never reused, unlike addresses and slots; 0: free */
	uint64_t last_actor; /* who accessed it last ... */
	uint64_t last_step;  /* ... in which step ... */
	uint64_t last_what;  /* ... and what, as a candidate's key */
	bool shared;         /* by more than one actor */
	bool changed;   /* a pair or an access is new, or was told of: `open` is to be found anew */
	bool open;      /* some pair and some access may yet be told to conflict */
	uint32_t taken; /* accesses put into the history */
	uint8_t candidate_count, candidate_room;
	uint8_t pair_count, pair_room;
	uint8_t last_pair;
	uint8_t seats[LOCATION_SEATS];    /* candidates found last, by key */
	uint32_t readers, writers;        /* bit i: candidate i reads, writes */
	uint32_t next;                    /* in its granule, SLAB_NONE: none */
	uint64_t write_order, read_order; /* of the last write, read */
	struct candidate *candidates;
	struct pair *pairs;
};

/* The last access of one actor to one location. */
struct entry {
	uint32_t next;      /* of the actor; first, as the slab needs a word */
	uint32_t unordered; /* bit i: candidate i was not ordered before it */
	struct location *location;
	uint64_t key;  /* the location's; 0: the slot is free */
	uint64_t life; /* the location's: slots of the slab and addresses are used again */
	uint64_t actor;
	uint64_t order;
	uint64_t step;
	uint64_t gaps; /* the actor's, then */
	uint8_t bits;
	bool unsure;
	bool guarded;  /* `guards` may hold something */
	uint64_t what; /* as a candidate's key */
	uint64_t site;
	uint64_t time;
	uint64_t nested;   /* as gaps */
	uint64_t use_step; /* the last use of its value that was looked at ... */
	uint64_t use_site; /* ... and where */
	struct lockset guards;
};

/** A hash of what an access is: site, kind, the locks held. */
static inline uint64_t history_what(const struct actor *actor, unsigned bits, uint64_t site)
{
	uint64_t what = (site ^ (uint64_t)bits << 56 ^ (uint64_t)actor->unsure << 62) *
	                0x9e3779b97f4a7c15ull;

	return (what ^ actor->lock_sign ^ what >> 29) * 0xc2b2ae3d27d4eb4full;
}

/** A kept access, for telling of it. */
struct conflict_access history_access(const struct candidate *candidate);

/** Puts an access of `actor` into the history. Its slot, or LOCATIONS_ACCESSES: no memory. */
unsigned history_put(struct locations *locations, struct location *location,
                     const struct actor *actor, unsigned bits, uint64_t what,
                     const struct aw_event *event);

/** The pair that ends here and began with `entry`, made if need be. NULL: no memory. */
struct pair *history_pair(struct locations *locations, struct location *location,
                          const struct entry *entry, const struct actor *actor, unsigned bits,
                          uint64_t what, uint64_t site);

/** Finds `open` anew. */
bool history_look(struct location *location);

/** May a pair and an access of this location yet be told to be a possible conflict? */
static inline bool history_is_open(struct location *location)
{
	return location->changed ? history_look(location) : location->open;
}

/** Tells what a pair still owes, and empties it. */
void history_settle(struct locations *locations, struct pair *pair);

#endif
