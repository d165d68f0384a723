/* expect: lock rows unknown */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock_over_yield_repaired.c - lock_over_yield.c, where the lock is free while the body runs.
 * Of a lock that one task takes a few times nothing is concluded.
 */
#define REPAIRED
#include "lock_over_yield.c"
