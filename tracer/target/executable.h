/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * executable.h - the file that a command's name means, and why it cannot be executed.
 */
#ifndef TRACER_EXECUTABLE_H
#define TRACER_EXECUTABLE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * The file that is executed for `name`, searched in PATH unless a slash is in it. Returns 0,
 * -ENOENT (there is none), -EACCES (there is one that may not be executed, or a folder; `path` is
 * set), or another negative errno.
 */
int executable_find(const char *name, char path[PATH_MAX]);

/** Does the file begin as a text does, so that a shell may be handed it? */
bool executable_is_text(const char *path);

/** The interpreter that the file names (after #!, or the dynamic linker of an ELF file). Returns
 * false if it names none. */
bool executable_interpreter(const char *path, char out[PATH_MAX]);

/** Why `name` could not be executed, `err` being exec's negative errno: a clause for a person. */
void executable_explain(const char *name, int err, char *out, size_t size);

#endif
