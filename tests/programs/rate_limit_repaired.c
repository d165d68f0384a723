/* expect: silent */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rate_limit_repaired.c - rate_limit.c, where the token is taken in the step that finds it.
 */
#define REPAIRED
#include "rate_limit.c"
