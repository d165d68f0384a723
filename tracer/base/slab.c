/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slab.c - see slab.h.
 */
#include "slab.h"

#include <stdlib.h>
#include <string.h>

void slab_init(struct slab *slab, size_t size)
{
	*slab = (struct slab){.size = size, .free = SLAB_NONE};
}

void slab_fini(struct slab *slab)
{
	for (uint32_t i = 0; i < slab->chunk_count; i++)
		free(slab->chunks[i]);
	free(slab->chunks);
	slab_init(slab, slab->size);
}

static int chunk_add(struct slab *slab)
{
	if (slab->chunk_count == slab->chunk_room) {
		uint32_t room = slab->chunk_room ? 2 * slab->chunk_room : 16;
		char **chunks = realloc(slab->chunks, room * sizeof(*chunks));

		if (!chunks)
			return -1;
		slab->chunks = chunks;
		slab->chunk_room = room;
	}
	slab->chunks[slab->chunk_count] = malloc(SLAB_CHUNK * slab->size);
	if (!slab->chunks[slab->chunk_count])
		return -1;
	slab->chunk_count++;
	return 0;
}

uint32_t slab_take(struct slab *slab)
{
	uint32_t index = slab->free;

	if (index != SLAB_NONE) {
		memcpy(&slab->free, slab_at(slab, index), sizeof(slab->free));
	} else {
		if (slab->made == slab->chunk_count * SLAB_CHUNK && chunk_add(slab))
			return SLAB_NONE;
		index = slab->made++;
	}
	memset(slab_at(slab, index), 0, slab->size);
	slab->used++;
	return index;
}

void slab_give(struct slab *slab, uint32_t index)
{
	memcpy(slab_at(slab, index), &slab->free, sizeof(slab->free));
	slab->free = index;
	slab->used--;
}
