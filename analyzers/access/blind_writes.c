/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * blind_writes.c - counts writes by site; see blind_writes.h.
 */
#include "blind_writes.h"

#include <errno.h>
#include <stdlib.h>

#define BLIND_SHARE 20 /* a site is blind when at least one write in so many is */

static struct blind_site *site_add(struct blind_writes *writes, uint64_t site)
{
	if (writes->used == writes->room) {
		uint32_t room = writes->room ? 2 * writes->room : 64;
		struct blind_site *more = realloc(writes->rows, room * sizeof(*more));

		if (!more)
			return NULL;
		writes->rows = more;
		writes->room = room;
	}
	if (idmap_add(&writes->by_site, site, writes->used))
		return NULL;
	writes->rows[writes->used] = (struct blind_site){.site = site};
	return &writes->rows[writes->used++];
}

struct blind_site *blind_writes_row(struct blind_writes *writes, uint64_t site, uint32_t *near)
{
	uint32_t index = idmap_get(&writes->by_site, site);
	struct blind_site *row =
		index == IDMAP_NONE ? site_add(writes, site) : &writes->rows[index];

	if (row)
		*near = (uint32_t)(row - writes->rows);
	return row;
}

bool blind_writes_has(const struct blind_writes *writes, uint64_t site)
{
	uint32_t index = idmap_get(&writes->by_site, site);

	return index != IDMAP_NONE && writes->rows[index].blind &&
	       writes->rows[index].blind * BLIND_SHARE >= writes->rows[index].writes;
}

void blind_writes_fini(struct blind_writes *writes)
{
	free(writes->rows);
	idmap_fini(&writes->by_site);
	*writes = (struct blind_writes){.rows = NULL};
}
