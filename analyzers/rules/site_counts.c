/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * site_counts.c - see site_counts.h. Rows are few: a scan that begins at the row found last.
 */
#include "site_counts.h"

#include <stdlib.h>

static struct site_count *row_add(struct site_counts *counts, uint64_t site)
{
	if (counts->used == counts->room) {
		uint32_t room = counts->room ? 2 * counts->room : 4;
		struct site_count *more = realloc(counts->rows, room * sizeof(*more));

		if (!more)
			return NULL;
		counts->rows = more;
		counts->room = room;
	}
	counts->last = counts->used++;
	counts->rows[counts->last] = (struct site_count){.site = site};
	return &counts->rows[counts->last];
}

struct site_count *site_counts_find(struct site_counts *counts, uint64_t site)
{
	for (uint32_t n = 0, i = counts->last; n < counts->used; n++) {
		if (counts->rows[i].site == site) {
			counts->last = i;
			return &counts->rows[i];
		}
		i = i + 1 < counts->used ? i + 1 : 0;
	}
	if (counts->used >= SITE_COUNTS_MAX && site)
		return site_counts_find(counts, 0);
	return row_add(counts, site);
}

static int most_first(const void *a, const void *b)
{
	const struct site_count *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return x->site < y->site ? -1 : x->site > y->site;
}

void site_counts_sort(struct site_counts *counts)
{
	if (counts->used)
		qsort(counts->rows, counts->used, sizeof(*counts->rows), most_first);
	counts->last = 0;
}

void site_counts_fini(struct site_counts *counts)
{
	free(counts->rows);
	*counts = (struct site_counts){.rows = NULL};
}
