/* expect: lock refresh needed */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * token_refresh_repaired.c - token_refresh.c with one lock from the test to the new token.
 */
#define REPAIRED
#include "token_refresh.c"
