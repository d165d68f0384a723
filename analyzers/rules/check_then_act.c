/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_then_act.c - a test (AW_TEST), a gap, and then the act: a write of the
 * location tested, or a marked use (AW_USE) of what was learnt from it, while another
 * wrote it in between. Not if that write is what the task was woken for.
 */
#include "analyzer.h"

/* Who fills in what stands there already does no harm. */
static bool is_one(const struct conflict *conflict)
{
	return (conflict->first.bits & ACCESS_TEST) && !(conflict->second.bits & ACCESS_SAME) &&
	       (conflict->shape == CONFLICT_RWW || (conflict->second.bits & ACCESS_USE));
}

const struct analyzer analyzer_check_then_act = {
	.name = "check-then-act",
	.help = "a test before a gap decides about an act after it, and another task changed what "
		"was tested",
	.is_one = is_one,
	.rule = RULE_CHECK_THEN_ACT,
};
