/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_source.h - what the target's Python source calls a lock.
 *
 * Reads source files through /proc/PID/root (or a folder of a test), a line at
 * a time, kept by name. Text of the target: untrusted, bounded.
 */
#ifndef CPYTHON_SOURCE_H
#define CPYTHON_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpython_source;

/** Where lines come from that are not read from files: `line` is cpython_source_line. */
struct cpython_lines {
	const char *(*line)(void *context, const char *file, uint32_t line); /* NULL: files */
	void *context;
};

/** `pid` 0: files of this process's own root. 0 or -ENOMEM. */
int cpython_source_new(uint32_t pid, struct cpython_source **out);
/** Reads no file: asks `lines` for each line. What it gives stays until the source is freed. */
int cpython_source_told(const struct cpython_lines *lines, struct cpython_source **out);
void cpython_source_free(struct cpython_source *source); /* takes NULL */

/** Line `line` (from 1) of a file without its newline, or NULL. Valid until the source is freed. */
const char *cpython_source_line(struct cpython_source *source, const char *file, uint32_t line);

/** What comments `# awaitness: ...` say in a line and in the one before it, a line each. False:
 * there is none. A string that looks like one is none, unless it began on another line. */
bool cpython_source_waiver(struct cpython_source *source, const char *file, uint32_t line,
                           char *out, size_t size);

/**
 * The name of the lock that a `with` on `line` enters, or that is acquired by a
 * call there: `Class.attribute` for `self.attribute` in a method of Class,
 * `module.name` for a variable of the module, `app["key"]` for what a web
 * application keeps, else the expression and the function it is in. A local
 * variable that the function binds once stands for what it is bound to.
 * `item`: which of the items of the with, from 0. Returns false when the line
 * does not tell.
 */
bool cpython_source_lock(struct cpython_source *source, const char *file, uint32_t line,
                         const char *function, unsigned item, char *out, size_t size);

/** Which item of the `with` on `line` the expression at `column` (bytes, from 0) belongs to; 0 also
 * when the line begins no with. */
unsigned cpython_source_item(struct cpython_source *source, const char *file, uint32_t line,
                             unsigned column);

/** Does a line of source take a lock by a call: `.acquire(`, `enter_async_context(`? */
bool cpython_source_acquires(const char *line);

/** The line of the `depth`-th `with` (0: the innermost) around `line`, and which of its items in
 * `item`. 0: there is none. By indentation. */
uint32_t cpython_source_with(struct cpython_source *source, const char *file, uint32_t line,
                             unsigned depth, unsigned *item);

#endif
