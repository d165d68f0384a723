/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tree_check.h - is this a tree?
 */
#ifndef ANALYZERS_TREE_CHECK_H
#define ANALYZERS_TREE_CHECK_H

#include "tree.h"

/**
 * Checks that a tree from elsewhere is one: every index in range, every node reached once, no
 * deeper than TREE_DEPTH allows. Nodes whose children are too few become ERROR.
 */
bool tree_check(struct tree *tree);

#endif
