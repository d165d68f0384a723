/* expect: lock door unknown */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock_leaked_on_cancel_repaired.c - lock_leaked_on_cancel.c, where the lock is released on the way
 * out, too. Of two sections nothing is concluded.
 */
#define REPAIRED
#include "lock_leaked_on_cancel.c"
