/* expect: silent */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * total_of_awaits_repaired.c - total_of_awaits.c, where the part is awaited first.
 */
#define REPAIRED
#include "total_of_awaits.c"
