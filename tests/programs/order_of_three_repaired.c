/* expect: lock a unknown; lock b unknown; lock c unknown */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * order_of_three_repaired.c - order_of_three.c, where all take a before b before c.
 */
#define REPAIRED
#include "order_of_three.c"
