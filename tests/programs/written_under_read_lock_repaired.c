/* expect: lock config needed */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * written_under_read_lock_repaired.c - written_under_read_lock.c with the write lock.
 */
#define REPAIRED
#include "written_under_read_lock.c"
