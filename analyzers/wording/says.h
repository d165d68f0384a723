/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * says.h - what may be said from what a source of events can see.
 *
 * DESIGN's table "source of events, can say" as data: an analyzer concludes
 * nothing that the source's AW_CAN_* bits do not carry.
 */
#ifndef ANALYZERS_SAYS_H
#define ANALYZERS_SAYS_H

#include <stdbool.h>
#include <stdint.h>

/* X(NAME, bits that must all be there, bits of which one must be there, the only runtime or
 * UNKNOWN, what it is) */
#define SAYS(X)                                                                                    \
	X(SPANS, 0, 0, UNKNOWN, "sections that spanned a gap")                                     \
	X(DEADLOCK, 0, 0, UNKNOWN, "deadlocks")                                                    \
	X(THREAD_LOCK, 0, 0, UNKNOWN, "thread locks held over a suspension")                       \
	X(DORMANT, AW_CAN_ACQUIRES | AW_CAN_RELEASES, 0, UNKNOWN, "dormant")                       \
	X(NEEDLESS, AW_CAN_ACQUIRES | AW_CAN_RELEASES, 0, CPYTHON,                                 \
	  "needless (only the source of a Python program can prove it)")                           \
	X(RELEASED, AW_CAN_RELEASES, 0, UNKNOWN, "locks never released")                           \
	X(ORDER, AW_CAN_ACQUIRES | AW_CAN_RELEASES | AW_CAN_WAKES, 0, UNKNOWN, "lock order")       \
	X(NEEDED, AW_CAN_ACQUIRES | AW_CAN_RELEASES, AW_CAN_ACCESSES | AW_CAN_CELLS, UNKNOWN,      \
	  "needed, bypassed, wrong-lock")                                                          \
	X(CONFLICT, 0, AW_CAN_ACCESSES | AW_CAN_CELLS, UNKNOWN, "lost updates and their like")     \
	X(POSSIBLE, AW_CAN_ACQUIRES | AW_CAN_RELEASES | AW_CAN_WAKES,                              \
	  AW_CAN_ACCESSES | AW_CAN_CELLS, UNKNOWN, "conflicts in another order of steps")          \
	X(RACE, AW_CAN_ACCESSES | AW_CAN_ACQUIRES | AW_CAN_RELEASES | AW_CAN_WAKES, 0, UNKNOWN,    \
	  "data races between threads")                                                            \
	X(SERIALISES, AW_CAN_ACCESSES | AW_CAN_ACQUIRES | AW_CAN_RELEASES | AW_CAN_WAKES, 0, C,    \
	  "serialises-only")                                                                       \
	X(LONG_STEP, AW_CAN_STEP_ENDS, 0, UNKNOWN, "long steps")                                   \
	X(AWAITS, AW_CAN_AWAITS, 0, UNKNOWN, "awaits that never suspend")

enum says {
#define SAYS_ENUM(NAME, all, any, runtime, text) SAYS_##NAME,
	SAYS(SAYS_ENUM)
#undef SAYS_ENUM
		SAYS_MAX
};

/** May this be said from a source that sees `can` (enum aw_can) of a target of `runtime`? */
bool says_allow(enum says what, uint64_t can, uint16_t runtime);

/** What it is, for a note in a report. */
const char *says_text(enum says what);

#endif
