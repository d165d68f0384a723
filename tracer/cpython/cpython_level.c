/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_level.c - see cpython_level.h.
 */
#include "cpython_level.h"

const char *cpython_detail_text(enum cpython_detail detail)
{
	static const char *const texts[CPYTHON_DETAILS] = {"steps", "locks", "awaits", "all"};

	return (unsigned)detail < CPYTHON_DETAILS ? texts[detail] : NULL;
}

uint64_t cpython_level_sees(enum cpython_detail detail, const struct cpython_found *found)
{
	uint64_t can = 0;

	/* What the JIT compiled enters `with` without a call that could be probed; its awaits are
	 * seen. */
	if (detail >= (found->jit ? CPYTHON_AWAITS : CPYTHON_LOCKS) &&
	    (found->with.count || found->named.count || found->method.count))
		can |= AW_CAN_ACQUIRES | AW_CAN_RELEASES;
	if (detail >= CPYTHON_AWAITS && found->awaits.count)
		can |= AW_CAN_AWAITS;
	if (detail >= CPYTHON_ALL && (found->wake_call.count || found->wake_method.count))
		can |= AW_CAN_WAKES;
	return can;
}
