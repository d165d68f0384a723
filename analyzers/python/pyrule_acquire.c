/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pyrule_acquire.c - `await lock.acquire()` by hand: does every way out release it?
 */
#include "pyfinding.h"

void pyrules_acquire(struct pymodel *m)
{
	(void)m;
}
