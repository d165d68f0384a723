/* expect: silent */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * two_loops_one_count_repaired.c - two_loops_one_count.c, where each counts its own and hands it
 * over to the first loop by a thread-safe call, which orders the two.
 */
#define REPAIRED
#include "two_loops_one_count.c"
