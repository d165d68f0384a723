/* expect: lock account needed; silent */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inconsistent_guard_repaired.c - inconsistent_guard.c with the lock held where the balance is
 * shown, too.
 */
#define REPAIRED
#include "inconsistent_guard.c"
