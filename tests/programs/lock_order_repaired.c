/* expect: lock first needed; lock second needed; silent */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock_order_repaired.c - lock_order.c with both tasks taking the locks in the same order.
 */
#define REPAIRED
#include "lock_order.c"
