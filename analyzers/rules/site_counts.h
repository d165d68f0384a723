/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * site_counts.h - how often something happened at each site: a small table.
 *
 * Bounded by the code: at most SITE_COUNTS_MAX sites; more are added up in one
 * row with site 0.
 */
#ifndef ANALYZERS_SITE_COUNTS_H
#define ANALYZERS_SITE_COUNTS_H

#include <stdint.h>

#define SITE_COUNTS_MAX 1024u

struct site_count {
	uint64_t site;
	uint64_t count;
	uint64_t suspended; /* of these */
};

struct site_counts {
	struct site_count *rows;
	uint32_t used, room;
	uint32_t last; /* row found last */
};

/** The row of a site that is not the one found last, made if need be. NULL: no memory. */
struct site_count *site_counts_find(struct site_counts *counts, uint64_t site);

/** The row of a site, made if need be. NULL: no memory. */
static inline struct site_count *site_counts_get(struct site_counts *counts, uint64_t site)
{
	if (counts->used && counts->rows[counts->last].site == site)
		return &counts->rows[counts->last];
	return site_counts_find(counts, site);
}

/** Sorts the rows, most frequent first. */
void site_counts_sort(struct site_counts *counts);

void site_counts_fini(struct site_counts *counts);

#endif
