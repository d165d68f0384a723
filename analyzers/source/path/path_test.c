/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * path_test.c - what a test on a path says of the locations that it looks at.
 */
#include <string.h>

#include "path_walk.h"

/* Which reads does a tested expression look at, after it was evaluated? */
static uint64_t tested(struct path_walk *w, const struct path_state *s, uint32_t node)
{
	const struct tree_node *n = walk_node_of(w, node);
	uint64_t set = 0;

	if (n->kind == TREE_NAME || n->kind == TREE_WALRUS)
		set |= path_local_get(s, n->name).direct;
	for (unsigned int i = 0; i < s->token_count; i++)
		if (s->tokens[i].node == node)
			set |= 1ull << i;
	return set;
}

static void guard(struct path_state *s, uint64_t set, enum path_polarity polarity, uint32_t test)
{
	for (unsigned int i = 0; i < s->token_count; i++)
		if (set & (1ull << i)) {
			/* checked anew: an older check no longer matters */
			for (unsigned int k = 0; k < s->token_count; k++)
				if (s->tokens[k].location == s->tokens[i].location &&
				    !s->tokens[i].site)
					s->tokens[k].test = 0;
			s->tokens[i].test = test;
			s->tokens[i].polarity = (uint8_t)polarity;
			s->tokens[i].raises = false;
		}
}

/* Everything that was read inside becomes a guard of no known direction. */
static void guard_all(struct path_walk *w, struct path_state *s, uint32_t node, uint32_t test)
{
	guard(s, tested(w, s, node), POLARITY_OTHER, test);
	for (uint32_t c = walk_node_of(w, node)->first; c; c = walk_node_of(w, c)->next)
		guard_all(w, s, c, test);
}

static bool is_none(const struct path_walk *w, uint32_t node)
{
	const struct tree_node *n = walk_node_of(w, node);

	return n->kind == TREE_CONST && n->name == w->p->n_none;
}

/* k in self.d: the entry self.d[k] is there, or not. */
static void guard_entry(struct path_walk *w, struct path_state *s, uint32_t left, uint32_t right,
                        bool present, uint32_t test)
{
	const struct tree_node *k = walk_node_of(w, left);
	uint32_t key, base = path_location(w, right, &key), location;
	unsigned int at;

	if (!base || key || !k->name ||
	    (k->kind != TREE_NAME && k->kind != TREE_STRING && k->kind != TREE_NUMBER))
		return;
	location = program_internf(w->p, "%s[%s]", program_text(w->p, base),
	                           program_text(w->p, k->name));
	at = path_token_add(s, location, k->kind == TREE_NAME ? k->name : 0, left);
	if (at < PATH_TOKENS)
		guard(s, 1ull << at, present ? POLARITY_FULL : POLARITY_EMPTY, test);
}

/* if self.d: there is something in it, or not. */
static void guard_content(struct path_walk *w, struct path_state *s, uint32_t node, bool full,
                          uint32_t test)
{
	uint32_t key, location = path_location(w, node, &key);
	unsigned int at;

	if (!location || walk_node_of(w, node)->kind != TREE_ATTR ||
	    s->token_count > PATH_TOKENS * 3 / 4) /* the rest is for what is read */
		return;
	/* the node of `self` stands for the read: that of the attribute has a token */
	at = path_token_add(s, path_content(w, location), 0, walk_node_of(w, node)->first);
	if (at < PATH_TOKENS)
		guard(s, 1ull << at, full ? POLARITY_FULL : POLARITY_EMPTY, test);
}

static void test_compare(struct path_walk *w, struct path_state *s, uint32_t node, bool outcome,
                         uint32_t test)
{
	const struct tree_node *n = walk_node_of(w, node);
	const char *op = program_text(w->p, n->name);
	uint32_t left = n->first, right = walk_node_of(w, left)->next;
	bool negative = !strcmp(op, "is not") || !strcmp(op, "!=") || !strcmp(op, "not in");

	if (!strcmp(op, "in") || !strcmp(op, "not in")) {
		guard_entry(w, s, left, right, outcome != negative, test);
		return;
	}
	if (is_none(w, right) && strcmp(op, "chain") != 0) {
		guard(s, tested(w, s, left), outcome != negative ? POLARITY_EMPTY : POLARITY_FULL,
		      test);
		return;
	}
	guard_all(w, s, node, test);
}

void walk_test(struct path_walk *w, struct path_state *s, uint32_t node, bool outcome,
               uint32_t test)
{
	const struct tree_node *n = walk_node_of(w, node);

	switch (n->kind) {
	case TREE_NOT:
		walk_test(w, s, n->first, !outcome, test);
		return;
	case TREE_AND:
	case TREE_OR:
		/* (a and b) is true, (a or b) is false: then both are known */
		for (uint32_t c = n->first; c; c = walk_node_of(w, c)->next) {
			if (outcome == (n->kind == TREE_AND))
				walk_test(w, s, c, outcome, test);
			else
				guard_all(w, s, c, test);
		}
		return;
	case TREE_COMPARE:
		test_compare(w, s, node, outcome, test);
		return;
	case TREE_NAME:
	case TREE_ATTR:
	case TREE_SUBSCRIPT:
	case TREE_WALRUS:
		guard(s, tested(w, s, node), outcome ? POLARITY_FULL : POLARITY_EMPTY, test);
		guard_content(w, s, node, outcome, test);
		return;
	default:
		guard_all(w, s, node, test);
	}
}
