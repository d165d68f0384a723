/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * histogram.h - times in buckets: 16 to each power of two, so a percentile is
 * within 1/16 of the truth, whatever the range (as HdrHistogram does, Tene 2012).
 */
#ifndef ANALYZERS_HISTOGRAM_H
#define ANALYZERS_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BITS    4
#define HISTOGRAM_BUCKETS ((64 - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS)

struct histogram {
	uint64_t count;
	uint64_t total; /* ns */
	uint64_t max;
	uint32_t bucket[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, uint64_t value);

/** The value that `per_mille` of 1000 values do not exceed; 0 when empty. */
uint64_t histogram_quantile(const struct histogram *histogram, unsigned per_mille);

#endif
