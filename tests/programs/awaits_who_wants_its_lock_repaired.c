/* expect: lock jobs unknown */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * awaits_who_wants_its_lock_repaired.c - awaits_who_wants_its_lock.c, where the lock is released
 * before. Of a lock taken twice nothing is concluded.
 */
#define REPAIRED
#include "awaits_who_wants_its_lock.c"
