/* expect: lock deposits needed; silent */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wrong_lock_repaired.c - wrong_lock.c with one lock for the balance.
 */
#define REPAIRED
#include "wrong_lock.c"
