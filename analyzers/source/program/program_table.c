/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_table.c - see program_table.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "program_table.h"
#include "program.h"

bool program_table_room(struct program *p, void *array, uint32_t *cap, uint32_t count,
                        size_t element)
{
	void **at = array;
	uint32_t want = *cap ? *cap * 2 : 64;
	char *grown;

	if (count < *cap)
		return true;
	grown = *cap > UINT32_MAX / 4 ? NULL : realloc(*at, want * element);
	if (!grown) {
		p->err = -ENOMEM;
		return false;
	}
	memset(grown + *cap * element, 0, (want - *cap) * element);
	*at = grown;
	*cap = want;
	return true;
}

void program_table_free(void *array, uint32_t *count, uint32_t *cap)
{
	void **at = array;

	free(*at);
	*at = NULL;
	*count = *cap = 0;
}
