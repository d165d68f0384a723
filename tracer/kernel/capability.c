// SPDX-License-Identifier: BSD-2-Clause
/*
 * capability.c - capabilities through libcap.
 */
#include "capability.h"

#include <errno.h>
#include <sys/capability.h>

bool capability_have(int cap)
{
	cap_flag_value_t value = CAP_CLEAR;
	cap_t caps = cap_get_proc();

	if (caps && cap_get_flag(caps, cap, CAP_EFFECTIVE, &value))
		value = CAP_CLEAR; /* libcap does not know it */
	cap_free(caps);
	return value == CAP_SET;
}

/* Effective and permitted hold what was there and is to be kept; inheritable nothing. */
static int sets_reduce(unsigned long long keep)
{
	cap_t now = cap_get_proc(), less = cap_init();
	int code = now && less ? 0 : -ENOMEM;

	for (cap_value_t cap = 0; !code && cap < cap_max_bits() && cap < 64; cap++) {
		cap_flag_value_t value;

		if (!(keep >> cap & 1) || cap_get_flag(now, cap, CAP_PERMITTED, &value) ||
		    value != CAP_SET)
			continue;
		if (cap_set_flag(less, CAP_EFFECTIVE, 1, &cap, CAP_SET) ||
		    cap_set_flag(less, CAP_PERMITTED, 1, &cap, CAP_SET))
			code = -errno;
	}
	if (!code && cap_set_proc(less))
		code = -errno;
	cap_free(now);
	cap_free(less);
	return code;
}

int capability_keep(unsigned long long keep)
{
	/* The bounding set first: lowering it needs CAP_SETPCAP, which the rest takes away. Without
	 * that capability it stays, and only matters for a program executed later. */
	for (cap_value_t cap = 0; cap < cap_max_bits() && cap < 64; cap++)
		if (!(keep >> cap & 1) && capability_have(CAP_SETPCAP))
			cap_drop_bound(cap);
	/* ENOSYS, EINVAL: a kernel or a libcap without ambient capabilities. */
	cap_reset_ambient();
	return sets_reduce(keep);
}
