/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * histogram.c - see histogram.h.
 */
#include "histogram.h"

static unsigned bucket_of(uint64_t value)
{
	unsigned power;

	if (value < 1u << HISTOGRAM_BITS)
		return (unsigned)value;
	power = 63u - (unsigned)__builtin_clzll(value);
	return ((power - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS) +
	       (unsigned)(value >> (power - HISTOGRAM_BITS) & ((1u << HISTOGRAM_BITS) - 1));
}

/* The largest value that falls into a bucket. */
static uint64_t bucket_top(unsigned bucket)
{
	unsigned shift = bucket >> HISTOGRAM_BITS;
	uint64_t low = bucket & ((1u << HISTOGRAM_BITS) - 1);

	if (!shift)
		return low;
	return ((low + (1u << HISTOGRAM_BITS) + 1) << (shift - 1)) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
	histogram->count++;
	histogram->total += value;
	if (value > histogram->max)
		histogram->max = value;
	histogram->bucket[bucket_of(value)]++;
}

uint64_t histogram_quantile(const struct histogram *histogram, unsigned per_mille)
{
	/* The rank rounded up: of two values, the median is the first. */
	uint64_t rank = (histogram->count * per_mille + 999) / 1000, seen = 0;

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += histogram->bucket[i];
		if (seen >= rank && seen) {
			uint64_t top = bucket_top(i);

			return top < histogram->max ? top : histogram->max;
		}
	}
	return 0;
}
