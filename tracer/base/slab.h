/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slab.h - objects of one size with small indices and addresses that stay.
 *
 * Freed objects are used again before new ones are made, so that memory is
 * bounded by the most that were alive at once.
 */
#ifndef ANALYZERS_SLAB_H
#define ANALYZERS_SLAB_H

#include <stddef.h>
#include <stdint.h>

#define SLAB_CHUNK_BITS 8
#define SLAB_CHUNK      (1u << SLAB_CHUNK_BITS) /* objects allocated at a time */
#define SLAB_NONE       UINT32_MAX

struct slab {
	size_t size; /* bytes of an object, at least 4; set by slab_init */
	char **chunks;
	uint32_t chunk_count;
	uint32_t chunk_room;
	uint32_t made; /* objects made so far */
	uint32_t used; /* of these, in use */
	uint32_t free; /* first freed object, SLAB_NONE: none; each holds the next in its first word
	                */
};

void slab_init(struct slab *slab, size_t size);
void slab_fini(struct slab *slab);

/** A zeroed object. Returns its index, or SLAB_NONE when there is no memory. */
uint32_t slab_take(struct slab *slab);
void slab_give(struct slab *slab, uint32_t index);

static inline void *slab_at(const struct slab *slab, uint32_t index)
{
	return slab->chunks[index >> SLAB_CHUNK_BITS] + slab->size * (index & (SLAB_CHUNK - 1));
}

#endif
