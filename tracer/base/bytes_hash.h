/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bytes_hash.h - a number for some bytes. It stands in files: another hash makes these unknown.
 */
#ifndef BYTES_HASH_H
#define BYTES_HASH_H

#include <stddef.h>
#include <stdint.h>

/** Not against who chooses the bytes: others with the same hash are easily made. */
uint64_t bytes_hash(const void *data, size_t size);

#endif
