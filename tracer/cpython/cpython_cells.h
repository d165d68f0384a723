/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_cells.h - windows of the source (watch.h) bound to the code objects of a process.
 *
 * A window names a function, an await in it and a cell. Bound, it is an
 * instruction of a code object, which the programs are told of, with how to
 * get at the cell from the frame that stands there.
 */
#ifndef CPYTHON_CELLS_H
#define CPYTHON_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <awaitness/watch.h>

#include "bpf/cpython_watch.h"
#include "cpython_code.h"
#include "cpython_modules.h"

struct cpython_cells;

/** Tells the programs of an await. */
typedef int (*cpython_await_fn)(void *context, const struct cpython_await_key *key,
                                const struct cpython_await_value *value);
/** Tells the programs where a type keeps an attribute. */
typedef int (*cpython_attribute_fn)(void *context, const struct cpython_attribute_key *key,
                                    const struct cpython_attribute_value *value);

struct cpython_cells_options {
	struct cpython_memory memory; /* with its layout */
	uint64_t function;            /* the type of functions */
	cpython_await_fn await_fn;
	cpython_attribute_fn attribute_fn;
	void *context;
};

/** 0 or -ENOMEM. */
int cpython_cells_new(const struct cpython_cells_options *options, struct cpython_cells **out);
void cpython_cells_free(struct cpython_cells *cells); /* takes NULL */

/** Takes windows, which must stay valid, and the modules whose functions they are of; binds what is
 * there. 0 or a negative errno. */
int cpython_cells_load(struct cpython_cells *cells, const struct aw_watch *watch,
                       const struct cpython_modules *modules, struct cpython_codes *codes);

/** A code object was met in a suspended frame: binds it, if that was not done. */
int cpython_cells_meet(struct cpython_cells *cells, const struct cpython_code *code);

/** The window with the number that a CELL item tells, or NULL. */
const struct aw_watch_window *cpython_cells_window(const struct cpython_cells *cells,
                                                   uint32_t number);

/** Does a function that was met write a cell of some window? */
bool cpython_cells_writer(const struct cpython_cells *cells, const struct cpython_code *code);

/** Does a function write the cell of a window? The line, 0: no, or in several places. */
uint32_t cpython_cells_writes(const struct cpython_cells *cells,
                              const struct aw_watch_window *window, const char *file,
                              const char *function);

/** Is a file of the standard library, and so of no interest as a place? */
bool cpython_cells_standard(const struct cpython_cells *cells, const char *file);

/** How many awaits the programs were told of. */
size_t cpython_cells_bound(const struct cpython_cells *cells);

#endif
