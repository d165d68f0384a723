/* expect: silent */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pool_overflow_repaired.c - pool_overflow.c, where the place is taken before the connection is
 * opened.
 */
#define REPAIRED
#include "pool_overflow.c"
