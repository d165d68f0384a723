/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * watch.h - what the analyzers want watched, told to the tracer.
 *
 * A *window* is a place in a program where a value is held over an await: read
 * before it, and after it written back in some form, or the reason for a
 * write. A tracer that sees a task suspended in a window looks at the cell
 * then and when the task goes on, and tells READ and WRITE events. Who makes
 * windows knows the source and no process; who takes them knows a process and
 * reads no source.
 */
#ifndef AWAITNESS_WATCH_H
#define AWAITNESS_WATCH_H

#include <stddef.h>
#include <stdint.h>

enum aw_watch_await {
	AW_WATCH_EXPRESSION = 0, /* await e */
	AW_WATCH_ENTER = 1,      /* async with: __aenter__ */
	AW_WATCH_EXIT = 2,       /* async with: __aexit__ */
	AW_WATCH_OTHER = 3       /* async for, async comprehensions */
};

enum aw_watch_flag {
	AW_WATCH_GUARD = 1,    /* the value read decides about the write; else it flows into it */
	AW_WATCH_ADDS = 2,     /* the value is an operand of + - * in what is written */
	AW_WATCH_ALWAYS = 4,   /* the write comes next after this await, but for exceptions */
	AW_WATCH_REMOVES = 8,  /* the write removes an entry */
	AW_WATCH_CONTENT = 16, /* what was read is a copy: changes of the list, dict or set itself
	                        * count too */
	AW_WATCH_ITERATE = 32  /* the cell is iterated over: only its number of entries counts, and
	                        * the  write is the iteration's next step */
};

/** A cell to be watched over one await. Names are as the program knows them. */
struct aw_watch_window {
	/* Several awaits between one read and one write: one group, in order by nth, from 0. */
	uint32_t group, nth;
	const char *file;     /* co_filename */
	const char *function; /* co_qualname */
	uint32_t first_line;  /* co_firstlineno */
	uint32_t await_line;
	uint32_t await_column; /* bytes, from 0 */
	uint32_t await_kind;   /* enum aw_watch_await */
	uint32_t flags;        /* enum aw_watch_flag */
	const char *path;      /* "self.size", "module.name"; "self.d[k]": the entry under a local
	                        * variable or constant; "self.d[]": what is in the container */
	const char *object;    /* what people call it: "Pool.size" */
	uint32_t read_line, write_line;
	const char *write_file, *write_function; /* where write_line is */
};

/** A function that writes a cell by its name, whether in a window or not. */
struct aw_watch_writer {
	const char *file, *function;
	const char *path; /* as a window's */
	uint32_t line;
};

/** All that is to be watched. Owned by who made it. */
struct aw_watch {
	const struct aw_watch_window *windows;
	size_t count;
	const struct aw_watch_writer *writers;
	size_t writer_count;
};

/** What runs in a process, as far as it has been loaded. */
struct aw_watch_program {
	const char *root;         /* stands before each name where this process opens it */
	const char *const *files; /* its source files; those of the standard library left out */
	size_t count;
	const char *const *others; /* files of what was loaded without a source */
	size_t other_count;
	uint64_t started;   /* when the process began: ns, CLOCK_REALTIME; 0: not known */
	const char *unread; /* what else was loaded and cannot be read; NULL: nothing */
};

/**
 * Makes the windows of a program. Blocks while it reads it. `out` stays valid as long as the
 * context does, also when more is asked. Asked again about the same root it has loaded more since.
 * Returns 0 or a negative errno.
 */
typedef int (*aw_watch_fn)(void *context, const struct aw_watch_program *program,
                           struct aw_watch *out);

#endif
