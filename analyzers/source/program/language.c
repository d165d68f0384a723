/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * language.c - see language.h.
 */
#include "language.h"
#include "program.h"

uint32_t language_means(const struct program *p, uint32_t name)
{
	return program_map_get(&p->means, name, 0);
}
