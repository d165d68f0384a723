/* expect: lock ledger needed */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock_split_repaired.c - lock_split.c with one section from the read to the write.
 */
#define REPAIRED
#include "lock_split.c"
