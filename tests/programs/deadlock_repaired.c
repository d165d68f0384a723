/* expect: lock first needed; lock second needed; silent */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * deadlock_repaired.c - deadlock.c with both tasks taking the locks in the same order.
 */
#define REPAIRED
#include "deadlock.c"
