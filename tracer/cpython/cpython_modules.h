/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_modules.h - the modules a target has imported, and the code objects of their functions.
 */
#ifndef CPYTHON_MODULES_H
#define CPYTHON_MODULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpython_memory.h"

struct cpython_module {
	char *file;    /* __file__, a .py */
	uint64_t dict; /* its variables */
};

struct cpython_modules {
	struct cpython_module *at;
	size_t count, room;
	char **others; /* __file__ of those made from something else: extensions, .pyc */
	size_t other_count, other_room;
	bool nameless; /* the program itself has no file: -c, an archive, standard input */
	char *library; /* the folder of the standard library, with a slash at its end; NULL: unknown
	                */
};

/** Reads sys.modules: those made from files. Zero-initialise. 0 or -ENOMEM. */
int cpython_modules_read(struct cpython_modules *modules, const struct cpython_memory *memory,
                         uint64_t interpreter);
void cpython_modules_fini(struct cpython_modules *modules);

/** Is a file part of the standard library (and not of what is installed below it)? */
int cpython_modules_standard(const struct cpython_modules *modules, const char *file);

/** The variables of the module made from a file, 0: there is none. */
uint64_t cpython_modules_dict(const struct cpython_modules *modules, const char *file);

/** Calls `fn` for the code object of each function and method of a module, and of those defined in
 * them, and `class_fn` for each class. What stands behind a decorator is not found here. */
typedef void (*cpython_code_fn)(void *context, uint64_t object);
void cpython_module_codes(const struct cpython_memory *memory, uint64_t dict, uint64_t function,
                          cpython_code_fn fn, cpython_code_fn class_fn, void *context);

/** Calls `fn` with each of these code objects, those behind a decorator's closure too, and the str
 * object that is its qualified name (which code objects know themselves since 3.11). */
typedef void (*cpython_named_code_fn)(void *context, uint64_t code, uint64_t qualname);
void cpython_module_names(const struct cpython_memory *memory, uint64_t dict, uint64_t function,
                          cpython_named_code_fn fn, void *context);

#endif
