/* expect: lock guard needed; silent */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * self_deadlock_repaired.c - self_deadlock.c with the second take gone.
 */
#define REPAIRED
#include "self_deadlock.c"
