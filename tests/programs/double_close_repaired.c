/* expect: silent */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * double_close_repaired.c - double_close.c, where the connection is marked closed first.
 */
#define REPAIRED
#include "double_close.c"
