/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * capability.h - which capabilities this process has, and giving them up.
 *
 * Attaching needs CAP_BPF and CAP_PERFMON (or CAP_SYS_ADMIN); reading another
 * user's process needs CAP_SYS_PTRACE. Once attached, the descriptors alone
 * are enough for what is left, so the rest is given up for good.
 */
#ifndef TRACER_CAPABILITY_H
#define TRACER_CAPABILITY_H

#include <stdbool.h>

/** True if the calling thread has capability `cap` (CAP_* of <linux/capability.h>) in effect. */
bool capability_have(int cap);

/**
 * Gives up every capability not in `keep` (a bit per CAP_* number), in the
 * effective, permitted, inheritable and ambient sets and, where permitted, the
 * bounding set. Cannot be undone. Call it before starting threads. Returns 0
 * or a negative errno.
 */
int capability_keep(unsigned long long keep);

/** The bit of capability `cap` for capability_keep. */
#define CAPABILITY_BIT(cap) (1ull << (cap))

#endif
