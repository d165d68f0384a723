/* expect: silent; lock audit unknown */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mutex_over_await_repaired.c - mutex_over_await.c, where the mutex is let go before.
 */
#define REPAIRED
#include "mutex_over_await.c"
