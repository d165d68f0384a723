/* expect: lock stock needed */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * goes_on_without_repaired.c - goes_on_without.c, where it waits for the lock.
 */
#define REPAIRED
#include "goes_on_without.c"
