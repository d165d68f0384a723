/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * changed_while_iterating.c - an iteration over a container, a gap inside its loop, and then the
 * iteration's next step, while another task added or removed entries in between. In Python that
 * step raises RuntimeError for a dict or set.
 */
#include "analyzer.h"

static bool is_one(const struct conflict *conflict)
{
	return conflict->second.bits & ACCESS_ITERATE;
}

const struct analyzer analyzer_changed_while_iterating = {
	.name = "changed-while-iterating",
	.help = "a container is iterated over a gap, and another task added or removed entries",
	.is_one = is_one,
	.rule = RULE_CHANGED_ITERATING,
};
