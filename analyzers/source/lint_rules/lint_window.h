/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_window.h - what of a program a tracer should watch: cells, and who writes them.
 */
#ifndef ANALYZERS_LINT_WINDOW_H
#define ANALYZERS_LINT_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * A cell that is read before an await and written after it, for a tracer to watch. Where several
 * awaits stand between, there is a window for each: of one `group`, and in order, by `nth`.
 */
struct lint_window {
	uint32_t group, nth;
	const char *file;
	const char *function; /* co_qualname */
	uint32_t first_line;  /* co_firstlineno */
	uint32_t await_line, await_col;
	uint8_t await_kind; /* enum lint_await */
	const char
		*path; /* "self.size", "module.name", "self.d[k]", "self.d[]": all that is in it */
	const char *object; /* "Class.size", "module.name" */
	uint32_t read_line, write_line;
	const char *write_file, *write_function; /* another function than the above, if it is called
	                                          * to write */
	bool guards;   /* the read guards the write; else the value flows into it */
	bool empty;    /* of a guard: it was found not there (None, empty, no entry) */
	bool raises;   /* of a guard: otherwise an exception is raised */
	bool adds;     /* the value is an operand of + - * in what is written */
	bool constant; /* what is written is a constant */
	bool always;   /* after this await the write comes next, but for exceptions */
	bool removes;  /* the write removes an entry */
	bool content;  /* what is in the container counts, too: it was copied when read */
	bool iterates; /* a loop over it: the write is the next step of the iteration */
	const char *const *locks; /* labels of the locks held from the read to the write */
	size_t lock_count;
};

/** A place that writes a cell, in a window or not. */
struct lint_writer {
	const char *file, *function;
	const char *path; /* as a window's */
	uint32_t line;
};

enum lint_await {
	LINT_AWAIT_EXPRESSION,
	LINT_AWAIT_ENTER,
	LINT_AWAIT_EXIT,
	LINT_AWAIT_FOR,
	LINT_AWAIT_COMPREHENSION
};

#endif
