/* expect: silent */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reply_by_sleep_repaired.c - reply_by_sleep.c, where the client waits for the answer: the write is
 * the message.
 */
#define REPAIRED
#include "reply_by_sleep.c"
