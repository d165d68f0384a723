/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tree.h - one Python file, lowered: a flat array of nodes and a string table.
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
#define PY_KINDS(X)                                                                                \
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

enum py_kind {
#define PY_KIND_ENUM(NAME, children) PY_##NAME,
	PY_KINDS(PY_KIND_ENUM)
#undef PY_KIND_ENUM
		PY_KIND_COUNT
};

enum py_flag {
	PY_ASYNC = 1,
	PY_HAS_ERROR = 2, /* of a statement: something in it was not understood */
	PY_STARRED = 4,
	PY_DSTARRED = 8,
	PY_KEYWORD_ONLY = 16
};

/** A node. Indices are into the tree's nodes; 0 is the module's BLOCK and, as first or next: none.
 */
struct py_node {
	uint8_t kind;   /* enum py_kind */
	uint8_t flags;  /* enum py_flag */
	uint16_t col;   /* 0-based, in bytes, as in Python's ast; 0xffff: that or more */
	uint32_t line;  /* 1-based */
	uint32_t name;  /* a string; 0: none */
	uint32_t first; /* child */
	uint32_t next;  /* sibling */
	uint16_t lines; /* the last line, relative to `line` */
	uint16_t end;   /* column after the end, in the last line */
};

/** A comment `# awaitness: ...` */
struct py_waiver {
	uint32_t line;
	uint32_t text; /* a string: what follows the colon */
};

struct pytree {
	struct py_node *nodes;
	uint32_t node_count;
	uint32_t string_count; /* string 0 is the empty one */
	uint32_t *string_at;   /* offsets into bytes */
	char *bytes;           /* each string ends with a NUL */
	struct py_waiver *waivers;
	uint32_t waiver_count;
	uint32_t error_line; /* of the first thing not understood; 0: all was */
	bool too_deep; /* part of it is nested deeper than is followed: told as an ERROR node */
};

/** Levels of nesting that are followed. */
#define PYTREE_DEPTH 400

struct pyparser;

/** A parser; one per thread. Returns 0 or -ENOMEM, -ENOTSUP (the grammar does not fit the library).
 */
int pyparser_new(struct pyparser **out);
void pyparser_free(struct pyparser *parser); /* takes NULL */

/**
 * Parses `size` bytes of Python and lowers them. Any bytes will do: what is no Python becomes ERROR
 * nodes. Returns 0 or -ENOMEM, -EFBIG.
 */
int pytree_parse(struct pyparser *parser, const char *text, size_t size, struct pytree **out);

void pytree_free(struct pytree *tree); /* takes NULL */

static inline const char *pytree_string(const struct pytree *tree, uint32_t id)
{
	return tree->bytes + tree->string_at[id];
}

/** The text of a kind: "NAME", "ATTR", ... */
const char *py_kind_text(enum py_kind kind);

#endif
