/* expect: silent; lock count_lock needed */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * two_loops_mutex_repaired.c - two_loops_mutex.c, where both take the mutex.
 */
#define REPAIRED
#include "two_loops_mutex.c"
