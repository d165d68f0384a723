/* expect: lock ledger needed; lock vault needed; silent */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kv_server_repaired.c - kv_server.c without its faults: no needless lock, none that
 * only serialises, none bypassed, no lost update. Nothing is to be found in it.
 */
#define REPAIRED
#include "kv_server.c"
