/* expect: lock config needed */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * read_lock_ignored_repaired.c - read_lock_ignored.c, where the writer takes the write lock.
 */
#define REPAIRED
#include "read_lock_ignored.c"
