/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * path_walk.h - the walk over one function, between path.c, path_expr.c, path_test.c and
 * path_write.c.
 */
#ifndef ANALYZERS_PATH_WALK_H
#define ANALYZERS_PATH_WALK_H

#include "path.h"
#include "source/program/program_node.h"

struct path_loop {
	struct path_state *left;  /* joins what breaks out */
	struct path_state *again; /* joins what continues */
	struct path_loop *outer;
};

struct path_walk {
	struct model *model;
	struct program *p; /* the model\'s */
	struct path_pass *pass;
	uint32_t func, file, scope;
	struct path_loop *loop;
};

static inline const struct tree_node *walk_node_of(const struct path_walk *w, uint32_t node)
{
	return program_node(w->p, w->file, node);
}

void walk_statement(struct path_walk *w, struct path_state *s, uint32_t node);

/** Evaluates: reads, suspensions, calls, in order. Gives what the value derives from. */
struct path_value walk_expr(struct path_walk *w, struct path_state *s, uint32_t node);

/** Makes the tokens in a test that was just evaluated guards, for its outcome. */
void walk_test(struct path_walk *w, struct path_state *s, uint32_t node, bool outcome,
               uint32_t test);

/** Is the expression the first parameter of the method? */
bool path_is_self(const struct path_walk *w, uint32_t node);

/** The location that an expression denotes: self.x, self.d[k], a global variable; 0: none. *key:
 * the local variable that is the index; 0: none. */
uint32_t path_location(const struct path_walk *w, uint32_t node, uint32_t *key);

/** The location of an entry of a container: self.d[k], self.d["k"], self.d[0]; 0: it has no simple
 * key. *key: the local variable that is the index; 0: none. */
uint32_t path_entry(const struct path_walk *w, uint32_t base, uint32_t index, uint32_t *key);

/** The location of what is in a container that a location holds: self.d[]. */
uint32_t path_content(const struct path_walk *w, uint32_t location);

/** Something is put into a container, or taken out of it. */
void walk_content(struct path_walk *w, struct path_state *s, uint32_t container,
                  struct path_hit hit);

/** A write of a location; `hit` says where, and of what kind. */
void walk_write(struct path_walk *w, struct path_state *s, uint32_t location, struct path_value v,
                struct path_hit hit);

/** Stores a value in a target. `value` 0: not an expression. `at`: the statement. */
void walk_bind(struct path_walk *w, struct path_state *s, uint32_t target, struct path_value v,
               uint32_t value, uint32_t at);

/** del target */
void walk_remove(struct path_walk *w, struct path_state *s, uint32_t target, uint32_t at);

/** Passes the site at a node (plus `more`, for the exit of an async with). */
void walk_site(struct path_walk *w, struct path_state *s, uint32_t node, uint32_t more);

/** Marks the tokens if anything in the block may suspend. */
void path_cross_maybe(struct path_walk *w, struct path_state *s, uint32_t block);

/** Walks a function, if that was not done; fills its summary. */
void path_function(struct path_pass *pass, uint32_t func);

#endif
