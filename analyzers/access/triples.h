/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * triples.h - holds pairs and accesses against each other; the theory is here.
 */
#ifndef ANALYZERS_TRIPLES_H
#define ANALYZERS_TRIPLES_H

#include "history.h"

/** Which kept accesses (bit i: candidate i) of a location that is shared could, by happens-before,
 * also have come after what `actor` does now. */
uint32_t triples_unordered(const struct locations *locations, const struct location *location,
                           const struct actor *actor);

/** `actor` ends a pair that began at `entry`: hold it against the accesses seen so far. */
void triples_pair(struct locations *locations, struct location *location, const struct entry *entry,
                  const struct actor *actor, unsigned bits, uint64_t what,
                  const struct aw_event *event);

/** A new access by `actor`, in `slot`, of a location that is open: hold it against the pairs of
 * others seen so far. */
void triples_access(struct locations *locations, struct location *location,
                    const struct actor *actor, unsigned slot);

#endif
