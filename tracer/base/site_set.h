/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * site_set.h - the site ids that a stream used.
 *
 * A stream names the same few sites millions of times: a small cache in front
 * of the table makes the usual case one comparison.
 */
#ifndef TRACER_SITE_SET_H
#define TRACER_SITE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SITE_SET_CACHE 1024u
#define SITE_SET_MAX   (1u << 18) /* sites kept; what comes later is ignored */

/** Zero-initialised: empty. 0 is no site. */
struct site_set {
	uint64_t cache[SITE_SET_CACHE];
	uint64_t *slots; /* open addressing; 0: free */
	size_t room;     /* a power of two */
	size_t count;
};

/** 0 or -ENOMEM. */
int site_set_insert(struct site_set *set, uint64_t site);

static inline int site_set_add(struct site_set *set, uint64_t site)
{
	size_t slot = (site ^ site >> 10) & (SITE_SET_CACHE - 1);

	if (set->cache[slot] == site || site == 0)
		return 0;
	set->cache[slot] = site;
	return site_set_insert(set, site);
}

bool site_set_has(const struct site_set *set, uint64_t site);

void site_set_fini(struct site_set *set);

#endif
