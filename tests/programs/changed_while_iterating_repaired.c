/* expect: silent */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * changed_while_iterating_repaired.c - changed_while_iterating.c, where the container is asked
 * again after the suspension.
 */
#define REPAIRED
#include "changed_while_iterating.c"
