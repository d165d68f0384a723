/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_index.h - scopes of one file, and what is bound to each name in them.
 */
#ifndef ANALYZERS_PROGRAM_INDEX_H
#define ANALYZERS_PROGRAM_INDEX_H

#include <stdint.h>

struct program;

enum program_scope_kind { SCOPE_MODULE, SCOPE_CLASS, SCOPE_FUNC };

struct program_scope {
	uint8_t kind; /* enum program_scope_kind */
	uint32_t file;
	uint32_t parent; /* scope; 0 for a module */
	uint32_t id;     /* the function or class; for a module, its file */
};

enum program_bind {
	BIND_ASSIGN, /* node: the value */
	BIND_SELF,   /* self.NAME = node, in a method; scope is the class's, `in` the method's */
	BIND_FUNC,   /* id: the function */
	BIND_CLASS,  /* id: the class */
	BIND_IMPORT, /* id: the dotted module */
	BIND_FROM,   /* id: the module as written, other: the name there */
	BIND_PARAM,  /* node: the PARAM */
	BIND_ANNOTATION, /* NAME: node, without a value */
	BIND_OTHER       /* a loop, with, except or del target, +=, ...: any value */
};

struct program_binding {
	uint8_t kind; /* enum program_bind */
	uint32_t name;
	uint32_t file;
	uint32_t in;    /* the scope in which node is evaluated */
	uint32_t node;  /* see the kind */
	uint32_t at;    /* the node of the statement or target that binds */
	uint32_t id;    /* see the kind */
	uint32_t other; /* see the kind */
	uint32_t note;  /* annotation that came with it; 0: none */
	uint32_t next;  /* the next binding of the same name in the same scope */
};

struct program_star {
	uint32_t file, module;
};

struct program_store {
	uint32_t file, node, name;
};

/** Scopes, bindings, functions and classes of one file. */
void program_index_file(struct program *p, uint32_t file);

#endif
