/* expect: lock account needed */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock_of_the_other_object_repaired.c - lock_of_the_other_object.c with the lock of the account
 * that is changed.
 */
#define REPAIRED
#include "lock_of_the_other_object.c"
