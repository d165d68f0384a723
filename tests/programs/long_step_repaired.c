/* expect: silent */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * long_step_repaired.c - long_step.c with a yield every 5 ms.
 */
#define REPAIRED
#include "long_step.c"
