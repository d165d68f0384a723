/* expect: lock guard needed; silent */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock_never_released_repaired.c - lock_never_released.c with the lock freed on every path.
 */
#define REPAIRED
#include "lock_never_released.c"
