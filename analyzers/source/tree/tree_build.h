/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tree_build.h - a tree that grows. Without memory `err` is -ENOMEM, and what is asked for is 0.
 */
#ifndef ANALYZERS_TREE_BUILD_H
#define ANALYZERS_TREE_BUILD_H

#include "tree.h"

struct tree_build {
	struct tree_node *nodes;
	uint32_t node_count, node_cap;
	uint32_t *string_at;
	uint32_t string_count, string_cap;
	char *bytes;
	uint32_t byte_count, byte_cap;
	uint32_t *table; /* open hash of string ids */
	uint32_t table_size;
	struct tree_waiver *waivers;
	uint32_t waiver_count;
	uint32_t error_line;
	bool too_deep;
	int err;
};

/** Takes a node as it is; its index. */
uint32_t tree_build_node(struct tree_build *b, struct tree_node node);
/** The id of a text, each once; 0: it is empty, longer than 4096 bytes or has a NUL in it. */
uint32_t tree_build_string(struct tree_build *b, const char *text, size_t size);
void tree_build_waiver(struct tree_build *b, uint32_t line, const char *text, size_t size);
/** Makes `child` the last of the parent's children; *tail is the one before it, 0 at first. */
void tree_build_append(struct tree_build *b, uint32_t parent, uint32_t *tail, uint32_t child);
/** Makes a tree of it, checked, or frees all if `err` or something before failed. 0 or a negative
 * errno. */
int tree_build_finish(struct tree_build *b, int err, struct tree **out);

#endif
