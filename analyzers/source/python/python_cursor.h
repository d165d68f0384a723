/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_cursor.h - the lowering's state, and the cursor of the parser that it follows.
 */
#ifndef ANALYZERS_PYTHON_CURSOR_H
#define ANALYZERS_PYTHON_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tree_sitter/api.h>

#include "source/tree/tree_build.h"

/* X(NAME, text) for named symbols of the grammar, T(NAME, text) for tokens */
/* (Version 14 splits the strings, and more with every run.) */
/* clang-format off */
#define SYMBOLS(X, T) \
	X(MODULE, "module") \
	X(ERROR, "ERROR") \
	X(COMMENT, "comment") \
	X(LINE_CONTINUATION, "line_continuation") \
	X(IDENTIFIER, "identifier") \
	X(DOTTED_NAME, "dotted_name") \
	X(ATTRIBUTE, "attribute") \
	X(CALL, "call") \
	X(ARGUMENT_LIST, "argument_list") \
	X(KEYWORD_ARGUMENT, "keyword_argument") \
	X(LIST_SPLAT, "list_splat") \
	X(LIST_SPLAT_PATTERN, "list_splat_pattern") \
	X(DICTIONARY_SPLAT, "dictionary_splat") \
	X(DICTIONARY_SPLAT_PATTERN, "dictionary_splat_pattern") \
	X(SPLAT_PATTERN, "splat_pattern") \
	X(SUBSCRIPT, "subscript") \
	X(AWAIT, "await") \
	X(YIELD, "yield") \
	X(LAMBDA, "lambda") \
	X(LAMBDA_PARAMETERS, "lambda_parameters") \
	X(PARAMETERS, "parameters") \
	X(DEFAULT_PARAMETER, "default_parameter") \
	X(TYPED_PARAMETER, "typed_parameter") \
	X(TYPED_DEFAULT_PARAMETER, "typed_default_parameter") \
	X(KEYWORD_SEPARATOR, "keyword_separator") \
	X(POSITIONAL_SEPARATOR, "positional_separator") \
	X(BINARY_OPERATOR, "binary_operator") \
	X(BOOLEAN_OPERATOR, "boolean_operator") \
	X(NOT_OPERATOR, "not_operator") \
	X(UNARY_OPERATOR, "unary_operator") \
	X(COMPARISON_OPERATOR, "comparison_operator") \
	X(CONDITIONAL_EXPRESSION, "conditional_expression") \
	X(LIST, "list") \
	X(TUPLE, "tuple") \
	X(SET, "set") \
	X(EXPRESSION_LIST, "expression_list") \
	X(PATTERN_LIST, "pattern_list") \
	X(TUPLE_PATTERN, "tuple_pattern") \
	X(LIST_PATTERN, "list_pattern") \
	X(DICTIONARY, "dictionary") \
	X(PAIR, "pair") \
	X(LIST_COMPREHENSION, "list_comprehension") \
	X(SET_COMPREHENSION, "set_comprehension") \
	X(DICTIONARY_COMPREHENSION, "dictionary_comprehension") \
	X(GENERATOR_EXPRESSION, "generator_expression") \
	X(FOR_IN_CLAUSE, "for_in_clause") \
	X(IF_CLAUSE, "if_clause") \
	X(NAMED_EXPRESSION, "named_expression") \
	X(PARENTHESIZED, "parenthesized_expression") \
	X(PARENTHESIZED_SPLAT, "parenthesized_list_splat") \
	X(STRING, "string") \
	X(CONCATENATED_STRING, "concatenated_string") \
	X(STRING_CONTENT, "string_content") \
	X(STRING_START, "string_start") \
	X(STRING_END, "string_end") \
	X(INTERPOLATION, "interpolation") \
	X(FORMAT_SPECIFIER, "format_specifier") \
	X(FORMAT_EXPRESSION, "format_expression") \
	X(TYPE_CONVERSION, "type_conversion") \
	X(INTEGER, "integer") \
	X(FLOAT, "float") \
	X(TRUE, "true") \
	X(FALSE, "false") \
	X(NIL, "none") \
	X(ELLIPSIS, "ellipsis") \
	X(SLICE, "slice") \
	X(TYPE, "type") \
	X(GENERIC_TYPE, "generic_type") \
	X(TYPE_PARAMETER, "type_parameter") \
	X(UNION_TYPE, "union_type") \
	X(MEMBER_TYPE, "member_type") \
	X(AS_PATTERN, "as_pattern") \
	X(AS_PATTERN_TARGET, "as_pattern_target") \
	X(EXPRESSION_STATEMENT, "expression_statement") \
	X(ASSIGNMENT, "assignment") \
	X(AUGMENTED_ASSIGNMENT, "augmented_assignment") \
	X(RETURN, "return_statement") \
	X(RAISE, "raise_statement") \
	X(BREAK, "break_statement") \
	X(CONTINUE, "continue_statement") \
	X(PASS, "pass_statement") \
	X(DELETE, "delete_statement") \
	X(GLOBAL, "global_statement") \
	X(NONLOCAL, "nonlocal_statement") \
	X(ASSERT, "assert_statement") \
	X(IMPORT, "import_statement") \
	X(IMPORT_FROM, "import_from_statement") \
	X(FUTURE_IMPORT, "future_import_statement") \
	X(ALIASED_IMPORT, "aliased_import") \
	X(RELATIVE_IMPORT, "relative_import") \
	X(WILDCARD_IMPORT, "wildcard_import") \
	X(IF, "if_statement") \
	X(ELIF, "elif_clause") \
	X(ELSE, "else_clause") \
	X(WHILE, "while_statement") \
	X(FOR, "for_statement") \
	X(TRY, "try_statement") \
	X(EXCEPT, "except_clause") \
	X(EXCEPT_GROUP, "except_group_clause") \
	X(FINALLY, "finally_clause") \
	X(WITH, "with_statement") \
	X(WITH_CLAUSE, "with_clause") \
	X(WITH_ITEM, "with_item") \
	X(MATCH, "match_statement") \
	X(CASE, "case_clause") \
	X(CASE_PATTERN, "case_pattern") \
	X(DECORATED, "decorated_definition") \
	X(DECORATOR, "decorator") \
	X(FUNCTION, "function_definition") \
	X(CLASS, "class_definition") \
	X(BLOCK, "block") \
	X(TYPE_ALIAS, "type_alias_statement") \
	X(PRINT, "print_statement") \
	X(EXEC, "exec_statement") \
	T(T_ASYNC, "async") \
	T(T_FROM, "from") \
	T(T_AND, "and") \
	T(T_STAR, "*") \
	T(T_EQUALS, "=") \
	T(T_COLON, ":") \
	T(T_COMMA, ",")
/* clang-format on */

enum symbol {
	SYM_TOKEN, /* any other token */
	SYM_OTHER, /* any other named symbol */
#define SYMBOL_ENUM(NAME, text) SYM_##NAME,
	SYMBOLS(SYMBOL_ENUM, SYMBOL_ENUM)
#undef SYMBOL_ENUM
		SYM_COUNT
};

struct lowering {
	const char *text;
	size_t size;
	const uint8_t *symbols; /* enum symbol by TSSymbol */
	TSTreeCursor cursor;
	unsigned int depth;
	struct tree_build tree;
};

/* Nodes where the cursor is. Without memory l->tree.err says so, and they give 0. */
uint32_t lowering_node(struct lowering *l, enum tree_kind kind); /* at the cursor's position */
uint32_t lowering_node_at(struct lowering *l, enum tree_kind kind, TSNode where);
enum symbol lowering_symbol(struct lowering *l);         /* of the cursor */
const char *lowering_field(struct lowering *l);          /* of the cursor; "": none */
bool lowering_named(struct lowering *l);                 /* is the cursor at a named node? */
bool lowering_at(struct lowering *l, const char *field); /* is it at that field? */
bool lowering_enter(struct lowering *l);                 /* to the first child that matters */
bool lowering_next(struct lowering *l);                  /* to the next one that matters */
void lowering_leave(struct lowering *l);
uint32_t lowering_text(struct lowering *l); /* the cursor's text as a string */
uint32_t lowering_none(struct lowering *l);

#endif
