/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clock.h - what an actor knows of the others: a vector clock of bounded size.
 *
 * A vector clock (Mattern 1989) has an entry for every task there ever was.
 * This one has CLOCK_SLOTS entries and a floor: the entry for a task is the
 * number of its last step that happened before now, and every step up to the
 * floor counts as happened before, whoever ran it. Steps are numbered
 * globally, so forgetting an entry means raising the floor to it.
 * The clock thus over-approximates happens-before: a conflict may be missed,
 * none is invented, and the cost does not depend on how many tasks there are or were.
 *
 * A slot is step << 24 | tag, the tag being a hash of the actor: comparing
 * slots compares steps. Actors whose tags are equal (1 in 2^24) count as one.
 */
#ifndef ANALYZERS_CLOCK_H
#define ANALYZERS_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_SLOTS    32u
#define CLOCK_TAG_BITS 24
#define CLOCK_TAG_MASK ((1u << CLOCK_TAG_BITS) - 1)

struct clock {
	uint64_t floor;
	uint64_t slot[CLOCK_SLOTS];
};

static inline uint32_t clock_tag(uint64_t actor)
{
	return (uint32_t)((actor * 0x9e3779b97f4a7c15ull) >> (64 - CLOCK_TAG_BITS));
}

/** Does the clock know step `step` of the actor with this tag? */
static inline bool clock_knows(const struct clock *clock, uint32_t tag, uint64_t step)
{
	uint64_t slot = clock->slot[tag % CLOCK_SLOTS];

	return step <= clock->floor ||
	       ((slot & CLOCK_TAG_MASK) == tag && slot >> CLOCK_TAG_BITS >= step);
}

static inline void clock_raise(struct clock *clock, uint64_t floor)
{
	if (floor > clock->floor)
		clock->floor = floor;
}

static inline void clock_merge_slot(struct clock *clock, unsigned i, uint64_t other)
{
	uint64_t mine = clock->slot[i];
	uint64_t low = mine < other ? mine : other;

	clock->slot[i] = mine < other ? other : mine;
	/* Two actors fight for one slot: the one that is forgotten raises the floor. */
	if ((mine ^ other) & CLOCK_TAG_MASK)
		clock_raise(clock, low >> CLOCK_TAG_BITS);
}

/** From now on the clock knows this step (and all earlier ones) of the actor. */
static inline void clock_learn(struct clock *clock, uint32_t tag, uint64_t step)
{
	clock_merge_slot(clock, tag % CLOCK_SLOTS, step << CLOCK_TAG_BITS | tag);
}

/** From now on the clock knows what `from`, another one, knows. */
void clock_join(struct clock *restrict clock, const struct clock *restrict from);

#endif
