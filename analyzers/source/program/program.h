/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program.h - a program of many files, linked.
 *
 * Everything has a small number as its id, and id 0 is nothing. Tables only
 * grow while the program is linked; a table that could not grow leaves
 * -ENOMEM in program->err and hands out id 0, so that passes need not check
 * every step and the model is refused as a whole at the end.
 *
 * A program is linked by one thread. Only trees are made in parallel.
 */
#ifndef ANALYZERS_PROGRAM_H
#define ANALYZERS_PROGRAM_H

#include "program_class.h"
#include "program_func.h"
#include "program_index.h"
#include "program_map.h"
#include "program_ref.h"
#include "program_table.h"
#include "program_text.h"
#include "source/tree/tree.h"

struct program_file {
	char *path;
	char *text; /* only while it is being linked */
	size_t size;
	uint64_t hash;
	struct tree *tree; /* NULL: nothing asynchronous in it, not needed so far */
	uint32_t *parent;  /* by node; the BLOCK of the module is its own */
	uint32_t *owner; /* by node: for FUNC and CLASS, its function or class; for site nodes, the
	                    site */
	uint32_t module; /* string: dotted name */
	uint32_t scope;
	bool is_init;
	bool in_package; /* its folder is a package */
	int err;
};

struct language;

struct program {
	int err;
	const struct language *language; /* of all its files */
	struct program_strings strings;
	PROGRAM_TABLE(struct program_file) files;
	PROGRAM_TABLE(struct program_scope) scopes;
	PROGRAM_TABLE(struct program_binding) bindings;
	PROGRAM_TABLE(struct program_func) funcs;
	PROGRAM_TABLE(struct program_class) classes;
	PROGRAM_TABLE(uint32_t) lists;
	PROGRAM_TABLE(struct program_star) stars;
	PROGRAM_TABLE(struct program_store) stores; /* x.name = ..., x not self */
	struct program_map bound;                   /* (scope, name) -> first binding */
	struct program_map modules;                 /* (last component, nth) -> file */
	struct program_map attr_refs; /* (class, attribute) -> refs: memo of program_ref.c */
	struct program_map name_refs; /* (scope, name) -> refs: the same for names */
	PROGRAM_TABLE(struct program_ref) refs;
	struct program_map
		stored; /* (name, 0): an attribute stored through something else than self */
	struct program_map wanted; /* (file, 0): to be parsed although nothing in it is async */
	uint32_t depth;            /* of resolving, now */
	bool want;                 /* files that are looked into and not lowered go to `wanted` */
	bool switches;             /* a library that can suspend in any call is imported */
	bool eager;                /* eager tasks are asked for */
	bool nests;                /* a loop's inside is used, as to run one in another */
	bool strict;               /* annotations are not believed */
	uint32_t n_none, n_star;   /* names that are looked for */
	struct program_map means;  /* (name, 0) -> enum name_meaning */
};

/** Interns the names that are looked for. `p` is zeroed memory; the row must stay. */
void program_init(struct program *p, const struct language *language);
void program_fini(struct program *p);

/** Forgets what was concluded from all files together; what each file has of its own stays. */
void program_unlink(struct program *p);

/** Indexes the files that are new, and links the classes. False: more files must be lowered first:
 * those in p->wanted. */
bool program_index(struct program *p);

static inline const char *program_text(const struct program *p, uint32_t id)
{
	return id < p->strings.text.count ? p->strings.text.at[id] : "";
}

#endif
