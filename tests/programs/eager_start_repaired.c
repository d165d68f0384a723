/* expect: silent */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * eager_start_repaired.c - eager_start.c, where the child is started before the read.
 */
#define REPAIRED
#include "eager_start.c"
