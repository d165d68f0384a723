/* expect: lock init unknown */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * checked_outside_repaired.c - checked_outside.c with a second look under the lock.
 * Eighty sections are too few to call it dormant.
 */
#define REPAIRED
#include "checked_outside.c"
