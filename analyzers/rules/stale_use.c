/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stale_use.c - a value read or written, a gap, and then its use (AW_USE), while
 * another wrote the location in between. A task that reads again after the gap uses
 * nothing stale. Not if that write is what the task was woken for.
 */
#include "analyzer.h"

static bool is_one(const struct conflict *conflict)
{
	return (conflict->second.bits & ACCESS_USE) && !(conflict->second.bits & ACCESS_ITERATE) &&
	       !(conflict->first.bits & ACCESS_TEST);
}

const struct analyzer analyzer_stale_use = {
	.name = "stale-use",
	.help = "a value read before a gap is used after it, and another task changed it",
	.is_one = is_one,
	.rule = RULE_STALE_USE,
};
