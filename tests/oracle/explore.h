/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explore.h - all schedules of a program, and what can happen in them.
 */
#ifndef ORACLE_EXPLORE_H
#define ORACLE_EXPLORE_H

#include <stddef.h>

#include "machine.h"

/** A set of 64-bit keys; open addressing, grows by itself. Zero is not a key. */
struct keyset {
	uint64_t *slots;
	size_t room; /* slots; a power of two */
	size_t used;
};

void keyset_fini(struct keyset *s);
/** Returns whether the key is new. */
bool keyset_add(struct keyset *s, uint64_t key);
bool keyset_has(const struct keyset *s, uint64_t key);
bool keyset_equal(const struct keyset *a, const struct keyset *b);

/**
 * One unserialisable triple (AVIO: Lu, Tucek, Qin, Zhou, ASPLOS 2006, table 1): two
 * consecutive accesses of one task to a variable, and another actor's between them.
 */
struct conflict {
	uint8_t var;
	uint8_t task;
	uint8_t first;   /* op of the task */
	uint8_t second;  /* op of the task */
	uint8_t other;   /* actor: a task, or MACHINE_CALLBACK */
	uint8_t between; /* op of the other actor */
	bool first_write, second_write, between_write;
	bool test;          /* the first is a test */
	bool use, iterate;  /* the second uses what was read, is the next step of an iteration */
	bool far;           /* the other is of another loop: its step overlaps, no gap is needed */
	uint8_t region;     /* bit g: one acquisition of guard g spans the outer two */
	uint8_t split;      /* bit g: both hold guard g, not both shared, in two acquisitions */
	uint8_t other_held; /* bit g: the other held guard g ... */
	uint8_t other_kept; /* ... and in such a mode that the region keeps it out */
};

/** The same conflict has the same key, whatever locks were held. */
uint64_t conflict_place(uint64_t key);
uint64_t conflict_key(const struct conflict *c);
struct conflict conflict_of_key(uint64_t key);

/** Adds the conflicts that happened in this run. */
void conflicts_collect(const struct machine *m, struct keyset *out);

/** Two accesses that can be made at the same time by two loops, one of them a write. */
uint64_t race_key(int actor, unsigned op, int other, unsigned other_op);

enum {
	CIRCLE_OF_LOCKS = 1 << PROGRAM_TASKS
}; /* in circle_key: no permits or ends are waited for */
/** machine_circle, as a key; 0: there is none. */
uint64_t circle_key(const struct machine *m, const struct program *p);

struct exploration {
	struct keyset conflicts; /* conflict_key of all that can happen */
	struct keyset outcomes;  /* final variables and registers, and who is stuck */
	struct keyset deadlocks; /* circle_key, where a schedule ends in one */
	struct keyset races;     /* race_key of all that can happen */
	unsigned raced_alone;    /* bit g: one of two that race holds guard g, a lock of threads */
	uint64_t schedules;
	uint64_t stuck; /* of these: a task stays blocked for good */
	bool cut;       /* the limit was hit: nothing may be concluded from an absence */
};

/** Runs every schedule, at most `limit`. Free with exploration_fini. */
void explore(const struct program *p, uint64_t limit, struct exploration *out);
void exploration_fini(struct exploration *e);

/** Runs one schedule, chosen at random, with events. Leaves the final state in *m. */
void run_random(const struct program *p, uint64_t *random, struct machine *m,
                struct machine_trace *t);

#endif
