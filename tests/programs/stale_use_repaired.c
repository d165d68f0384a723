/* expect: silent */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stale_use_repaired.c - stale_use.c with the value read again after the suspension.
 */
#define REPAIRED
#include "stale_use.c"
