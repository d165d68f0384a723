/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tree.h - one source file, lowered: a flat array of nodes and a string table.
 *
 * Children stand in evaluation order (an assignment's value before its targets, a
 * comprehension's clauses before its element), so that a pass that walks
 * children from first to last meets reads, writes and awaits in the order in
 * which they happen. Nothing in it is a pointer into the parser or to another
 * file: a tree is written to the cache as it is (tree_cache.h).
 */
#ifndef ANALYZERS_TREE_H
#define ANALYZERS_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * X(NAME, children)
 * Where a child may be absent its place is taken by a NONE node; `*` is any number.
 */
#define TREE_KINDS(X)                                                                              \
	X(NONE, "")                                                                                \
	X(ERROR, "what the parser could not read: child*")                                         \
	X(OPAQUE, "an expression of no interest: child*")                                          \
	/* expressions */                                                                          \
	X(NAME, "")                                                                                \
	X(ATTR, "object; name: the attribute")                                                     \
	X(CALL, "function, argument*")                                                             \
	X(KEYWORD, "value; name: the keyword")                                                     \
	X(STAR, "value")                                                                           \
	X(DSTAR, "value")                                                                          \
	X(SUBSCRIPT, "object, index*")                                                             \
	X(AWAIT, "value")                                                                          \
	X(YIELD, "value?")                                                                         \
	X(YIELD_FROM, "value")                                                                     \
	X(LAMBDA, "PARAMS, body")                                                                  \
	X(BINOP, "left, right; name: the operator")                                                \
	X(AND, "left, right")                                                                      \
	X(OR, "left, right")                                                                       \
	X(NOT, "value")                                                                            \
	X(UNARY, "value; name: the operator")                                                      \
	X(COMPARE, "value*; name: the operator, or `chain`")                                       \
	X(IFEXP, "test, body, orelse")                                                             \
	X(LIST, "value*")                                                                          \
	X(TUPLE, "value*")                                                                         \
	X(SET, "value*")                                                                           \
	X(DICT, "(PAIR | DSTAR)*")                                                                 \
	X(PAIR, "key, value")                                                                      \
	X(COMP, "(COMP_FOR | COMP_IF)*, element; name: list, set, dict or gen")                    \
	X(COMP_FOR, "iterable, target; ASYNC")                                                     \
	X(COMP_IF, "test")                                                                         \
	X(CONST, "name: None, True, False, ...")                                                   \
	X(NUMBER, "name: its text, if short")                                                      \
	X(STRING, "name: its text, if short and plain")                                            \
	X(FSTRING, "value*")                                                                       \
	X(WALRUS, "value; name: the target")                                                       \
	X(SLICE, "value*")                                                                         \
	/* statements */                                                                           \
	X(EXPR, "value")                                                                           \
	X(ASSIGN, "value, target*")                                                                \
	X(ANNASSIGN, "value | NONE, target, annotation")                                           \
	X(AUGASSIGN, "target, value; name: the operator")                                          \
	X(RETURN, "value?")                                                                        \
	X(RAISE, "value*")                                                                         \
	X(BREAK, "")                                                                               \
	X(CONTINUE, "")                                                                            \
	X(PASS, "")                                                                                \
	X(DEL, "target*")                                                                          \
	X(GLOBAL, "NAME*")                                                                         \
	X(NONLOCAL, "NAME*")                                                                       \
	X(ASSERT, "test, message?")                                                                \
	X(IMPORT, "ALIAS*")                                                                        \
	X(FROM, "ALIAS*; name: the module, with its leading dots")                                 \
	X(ALIAS, "NAME; name: what it is bound to, if given")                                      \
	X(IF, "(test, BLOCK)*, BLOCK? (else)")                                                     \
	X(WHILE, "test, BLOCK, BLOCK | NONE (else)")                                               \
	X(FOR, "iterable, target, BLOCK, BLOCK | NONE (else); ASYNC")                              \
	X(TRY, "BLOCK, HANDLER*, ELSE?, FINALLY?")                                                 \
	X(HANDLER, "type | NONE, BLOCK; name: what it is bound to")                                \
	X(ELSE, "BLOCK")                                                                           \
	X(FINALLY, "BLOCK")                                                                        \
	X(WITH, "ITEM*, BLOCK; ASYNC")                                                             \
	X(ITEM, "value, target | NONE")                                                            \
	X(MATCH, "subject, CASE*")                                                                 \
	X(CASE, "pattern, guard | NONE, BLOCK")                                                    \
	X(FUNC, "DECORATORS, PARAMS, annotation | NONE, BLOCK; ASYNC")                             \
	X(CLASS, "DECORATORS, BASES, BLOCK")                                                       \
	X(DECORATORS, "value*")                                                                    \
	X(PARAMS, "PARAM*")                                                                        \
	X(PARAM, "annotation | NONE, default | NONE; STARRED, DSTARRED, KEYWORD_ONLY")             \
	X(BASES, "argument*")                                                                      \
	X(BLOCK, "statement*")

enum tree_kind {
#define TREE_KIND_ENUM(NAME, children) TREE_##NAME,
	TREE_KINDS(TREE_KIND_ENUM)
#undef TREE_KIND_ENUM
		TREE_KIND_COUNT
};

enum tree_flag {
	TREE_ASYNC = 1,
	TREE_HAS_ERROR = 2, /* of a statement: something in it was not understood */
	TREE_STARRED = 4,
	TREE_DSTARRED = 8,
	TREE_KEYWORD_ONLY = 16
};

/** A node. Indices are into the tree's nodes; 0 is the module's BLOCK and, as first or next: none.
 */
struct tree_node {
	uint8_t kind;   /* enum tree_kind */
	uint8_t flags;  /* enum tree_flag */
	uint16_t col;   /* 0-based, in bytes; 0xffff: that or more */
	uint32_t line;  /* 1-based */
	uint32_t name;  /* a string; 0: none */
	uint32_t first; /* child */
	uint32_t next;  /* sibling */
	uint16_t lines; /* the last line, relative to `line` */
	uint16_t end;   /* column after the end, in the last line */
};

/** A comment `# awaitness: ...` */
struct tree_waiver {
	uint32_t line;
	uint32_t text; /* a string: what follows the colon */
};

struct tree {
	struct tree_node *nodes;
	uint32_t node_count;
	uint32_t string_count; /* string 0 is the empty one */
	uint32_t *string_at;   /* offsets into bytes */
	char *bytes;           /* each string ends with a NUL */
	struct tree_waiver *waivers;
	uint32_t waiver_count;
	uint32_t error_line; /* of the first thing not understood; 0: all was */
	bool too_deep; /* part of it is nested deeper than is followed: told as an ERROR node */
};

/** Levels of nesting that are followed. */
#define TREE_DEPTH 400

void tree_free(struct tree *tree); /* takes NULL */

static inline const char *tree_string(const struct tree *tree, uint32_t id)
{
	return tree->bytes + tree->string_at[id];
}

/** The text of a kind: "NAME", "ATTR", ... */
const char *tree_kind_text(enum tree_kind kind);

#endif
