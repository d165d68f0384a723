/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bytes_hash.c - see bytes_hash.h.
 */
#include "bytes_hash.h"

#include <string.h>

/* Eight bytes a step; a multiply and a rotate each (the mixing of MurmurHash3). */
uint64_t bytes_hash(const void *data, size_t size)
{
	const unsigned char *at = data;
	uint64_t h = 0x9e3779b97f4a7c15u ^ size, k;

	for (; size >= 8; size -= 8, at += 8) {
		memcpy(&k, at, 8);
		k *= 0x87c37b91114253d5u;
		k = (k << 31) | (k >> 33);
		h = (h ^ (k * 0x4cf5ad432745937fu)) * 5 + 0x52dce729;
		h = (h << 27) | (h >> 37);
	}
	k = 0;
	memcpy(&k, at, size);
	h ^= k * 0x87c37b91114253d5u;
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdu;
	return h ^ (h >> 33);
}
