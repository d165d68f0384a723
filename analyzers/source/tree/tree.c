/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tree.c - see tree.h.
 */
#include <stdlib.h>

#include "tree.h"

static const char *const kind_texts[] = {
#define TREE_KIND_TEXT(NAME, children) #NAME,
	TREE_KINDS(TREE_KIND_TEXT)
#undef TREE_KIND_TEXT
};

const char *tree_kind_text(enum tree_kind kind)
{
	return kind < TREE_KIND_COUNT ? kind_texts[kind] : "?";
}

void tree_free(struct tree *tree)
{
	if (!tree)
		return;
	free(tree->nodes);
	free(tree->string_at);
	free(tree->bytes);
	free(tree->waivers);
	free(tree);
}
