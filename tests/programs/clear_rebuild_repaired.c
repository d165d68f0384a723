/* expect: lock rebuild serialises-only */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clear_rebuild_repaired.c - clear_rebuild.c, where the new table is put in place in one step.
 * The lock then only keeps two rebuilds from running at once.
 */
#define REPAIRED
#include "clear_rebuild.c"
