/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * signals.h - what the users of a future, event, queue or ended task learn from it.
 *
 * A SIGNAL leaves the signaller's clock with the object, an OBSERVE joins it.
 * Nothing tells when such objects are freed, so this is a cache of fixed size
 * (sets of four, the oldest goes): whoever observes an object that was pushed
 * out learns everything up to the newest signal that was pushed out, which
 * over-approximates happens-before, as clock.h does.
 */
#ifndef ANALYZERS_SIGNALS_H
#define ANALYZERS_SIGNALS_H

#include <stdint.h>

#include "clock.h"

#define SIGNALS_SETS 2048u
#define SIGNALS_WAYS 4u

struct signals_entry {
	uint64_t object; /* 0: free */
	uint64_t step;   /* newest step that signalled */
	struct clock clock;
};

struct signals {
	struct signals_entry *entries;
	uint64_t forgotten; /* newest step of all that was pushed out */
};

/** 0 or -ENOMEM. */
int signals_init(struct signals *signals);
void signals_fini(struct signals *signals);

/** `object` is signalled by the actor with this tag and clock in step `step`. */
void signals_put(struct signals *signals, uint64_t object, const struct clock *clock, uint32_t tag,
                 uint64_t step);

/** The clock left with `object`, or NULL. */
const struct clock *signals_get(const struct signals *signals, uint64_t object);

/** The newest step that signalled `object`, of a task: its last; 0: not known. */
uint64_t signals_step(const struct signals *signals, uint64_t object);

/** `clock` learns what was left with `object`. */
void signals_observe(const struct signals *signals, uint64_t object, struct clock *clock);

#endif
