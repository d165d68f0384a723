/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * races.h - accesses of two threads that nothing orders: a lock keeps them apart, or none does.
 */
#ifndef ANALYZERS_RACES_H
#define ANALYZERS_RACES_H

#include "history.h"

/** A new access, in `slot`: hold it against those of other threads. */
void races_access(struct locations *locations, struct location *location, const struct actor *actor,
                  unsigned slot);

/** The access in `slot` is another one from now on. */
void races_forget(struct location *location, unsigned slot);

#endif
