/* expect: lock ledger needed */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cancel_in_section_repaired.c - cancel_in_section.c, where the roll-back comes before the lock is
 * let go.
 */
#define REPAIRED
#include "cancel_in_section.c"
