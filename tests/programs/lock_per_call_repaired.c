/* expect: lock transfer needed */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock_per_call_repaired.c - lock_per_call.c with one lock for the balance.
 */
#define REPAIRED
#include "lock_per_call.c"
