/* expect: silent */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * callback_writes_repaired.c - callback_writes.c, where it is read in the step that writes it.
 */
#define REPAIRED
#include "callback_writes.c"
