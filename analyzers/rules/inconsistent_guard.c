/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inconsistent_guard.c - a triple within one acquisition of a lock, and the other access
 * without that lock (Eraser's question, asked only where a conflict exists).
 *
 * R-W-W under a lock has a sharper name: lost-update or check-then-act.
 */
#include "analyzer.h"

static bool is_one(const struct conflict *conflict)
{
	return conflict->shape != CONFLICT_RWW && conflict->region.count &&
	       !((conflict->first.bits | conflict->second.bits) & (ACCESS_USE | ACCESS_IO));
}

const struct analyzer analyzer_inconsistent_guard = {
	.name = "inconsistent-guard",
	.help = "a location guarded by a lock over a gap is written elsewhere without that lock",
	.is_one = is_one,
	.rule = RULE_INCONSISTENT_GUARD,
};
