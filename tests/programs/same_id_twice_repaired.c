/* expect: silent */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * same_id_twice_repaired.c - same_id_twice.c, where the counter moves on in the step that reads it.
 */
#define REPAIRED
#include "same_id_twice.c"
