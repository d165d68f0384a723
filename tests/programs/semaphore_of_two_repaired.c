/* expect: lock slots needed */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * semaphore_of_two_repaired.c - semaphore_of_two.c with one permit: that is a lock.
 */
#define REPAIRED
#include "semaphore_of_two.c"
