/* SPDX-License-Identifier: BSD-2-Clause */
#include "pyfinding.h"

void pyrules_paths(struct pymodel *m)
{
	(void)m;
}
