/* expect: silent */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_then_act_repaired.c - check_then_act.c with a second look after the suspension.
 */
#define REPAIRED
#include "check_then_act.c"
