/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tree_cache.h - lowered files kept in a folder, by the hash of their text.
 */
#ifndef ANALYZERS_TREE_CACHE_H
#define ANALYZERS_TREE_CACHE_H

#include "tree.h"

/** Gets the tree of a text of that hash (bytes_hash) and size. -ENOENT: not there, or not to be
 * used. */
int tree_cache_load(const char *folder, uint64_t hash, size_t size, struct tree **out);

/** Keeps it. Failure costs only time later, so there is no error. Safe from several processes. */
void tree_cache_store(const char *folder, uint64_t hash, size_t size, const struct tree *tree);

#endif
