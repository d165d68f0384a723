/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_fact_image.h - what is known of a target's memory: the bytes that were read of it last.
 *
 * Who writes a log of facts leaves out what it says already; who replays one answers from it.
 */
#ifndef CPYTHON_FACT_IMAGE_H
#define CPYTHON_FACT_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpython_table.h"

/** Zero-initialised: nothing is known. */
struct cpython_fact_image {
	struct cpython_table lines; /* number of the line -> its bytes, and which are known */
};

/** Copies `size` bytes at `address`; false: not all of them are known. */
bool cpython_fact_image_get(const struct cpython_fact_image *image, uint64_t address, void *out,
                            size_t size);

/** They are these from now on. 0, -ENOMEM, or -EFAULT: there are no such addresses. */
int cpython_fact_image_put(struct cpython_fact_image *image, uint64_t address, const void *bytes,
                           size_t size);

/** They are not known any more: reading them failed. */
void cpython_fact_image_forget(struct cpython_fact_image *image, uint64_t address, size_t size);

void cpython_fact_image_fini(struct cpython_fact_image *image);

#endif
