/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_lower.h - from what the parser read to the nodes of a tree.
 */
#ifndef ANALYZERS_PYTHON_LOWER_H
#define ANALYZERS_PYTHON_LOWER_H

#include "python_cursor.h"

/* python_lower.c: lowers the whole file, the cursor being at its root. */
int lowering_run(struct lowering *l);

uint32_t lower_block(struct lowering *l);

/* python_lower_compound.c: statements with blocks. 0 as decorators: none */
uint32_t lower_if(struct lowering *l);
uint32_t lower_while(struct lowering *l);
uint32_t lower_for(struct lowering *l);
uint32_t lower_try(struct lowering *l);
uint32_t lower_with(struct lowering *l);
uint32_t lower_match(struct lowering *l);
uint32_t lower_function(struct lowering *l, uint32_t decorators);
uint32_t lower_class(struct lowering *l, uint32_t decorators);
uint32_t lower_decorated(struct lowering *l);

/* python_lower_expr.c */
uint32_t lower_expression(struct lowering *l); /* what the cursor is at */

/* python_lower_call.c: calls, and what functions are called with */
uint32_t lower_call(struct lowering *l);
uint32_t lower_lambda(struct lowering *l);
uint32_t lower_parameters(struct lowering *l);
uint32_t lower_arguments(struct lowering *l, uint32_t parent, uint32_t *tail);
uint32_t lower_children(struct lowering *l,
                        enum tree_kind kind); /* all named ones, as expressions */

/** What could not be read: keeps what can be read in it, for an await inside is still an await. */
uint32_t lower_error(struct lowering *l);

#endif
