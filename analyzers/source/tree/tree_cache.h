/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tree_cache.h - lowered files kept in a folder, by the hash of their text.
 */
#ifndef ANALYZERS_TREE_CACHE_H
#define ANALYZERS_TREE_CACHE_H

#include "tree.h"

/** Hash of a file's text; also of a cached tree's bytes. */
uint64_t tree_cache_hash(const void *data, size_t size);

/** Gets the tree of a text of that hash and size. -ENOENT: not there, or not to be used. */
int tree_cache_load(const char *folder, uint64_t hash, size_t size, struct tree **out);

/** Keeps it. Failure costs only time later, so there is no error. Safe from several processes. */
void tree_cache_store(const char *folder, uint64_t hash, size_t size, const struct tree *tree);

/**
 * Checks that a tree from elsewhere is one: every index in range, every node reached once, no
 * deeper than TREE_DEPTH allows. Nodes whose children are too few become ERROR.
 */
bool tree_check(struct tree *tree);

#endif
