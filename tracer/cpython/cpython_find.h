/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_find.h - where in a process the interpreter is, and where to probe it.
 *
 * Everything is found by its role in the files that are mapped (who calls
 * PyIter_Send, who asks for `__aexit__`), never at a fixed address.
 */
#ifndef CPYTHON_FIND_H
#define CPYTHON_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpython_layout.h"
#include "cpython_memory.h"
#include "base/fault.h"
#include "target/target.h"

#define CPYTHON_PLACES 32

/** Places in one file to probe. `path` is where this process can open it; not owned. */
struct cpython_places {
	const char *path;
	uint64_t offsets[CPYTHON_PLACES]; /* in the file */
	size_t count;
};

struct cpython_found {
	unsigned version;                    /* CPYTHON_VERSION */
	char release[32];                    /* "3.11.2" */
	const struct target_module *core;    /* has the interpreter */
	const struct target_module *asyncio; /* has the task step; NULL: not loaded */
	struct cpython_places step;          /* task in its registers */
	struct cpython_places with;          /* rdi: the object `with` enters */
	struct cpython_places named;         /* rdi: object, rsi: name; only when `with` is empty */
	struct cpython_places method; /* rdi: name, rsi: stack with the object in its second slot */
	struct cpython_places make;   /* rdi: the task that is being initialised */
	struct cpython_places load;   /* rdi: the PyModuleDef an extension module is made of */
	struct cpython_places end;    /* where the interpreter begins to take itself down */
	struct cpython_places set_env; /* rdi: name of a variable of the environment, rsi: value */
	struct cpython_places unset_env; /* rdi: name */
	struct cpython_places awaits;    /* rdi: the object that is awaited */
	struct cpython_places wake_call; /* rsi: the arguments of a function, maybe of call_soon */
	struct cpython_places wake_method; /* rsi: those of a method, behind its object */
	struct cpython_target target;      /* as the programs want it; `detail` is not filled in */
	bool free_threaded;
	bool jit; /* it may run code that the interpreter compiled (3.14 and newer) */
};

/** A lock type found in the process. */
struct cpython_lock_type {
	uint64_t type;
	uint16_t lock; /* enum aw_lock_type */
	struct cpython_type_value how;
};

/** The version (CPYTHON_VERSION) of the interpreter in a target's modules, 0: none, or unknown, or
 * a negative errno: its file cannot be read. `release` (32 bytes) gets it as text. */
int cpython_find_version(const struct target *target, char *release);

/**
 * Finds all places and addresses. -ENOTSUP with a message when something
 * needed is not found. What only some levels need (with, awaits, make, wake) may be
 * missing: count 0.
 */
int cpython_find(const struct target *target, struct cpython_found *out, struct fault *fault);

/** For a process that has not begun to run: finds `core`, `version` and `load` only. */
int cpython_find_start(const struct target *target, struct cpython_found *out, struct fault *fault);

/** The address of a module-level name ("asyncio.locks", "Lock") by way of sys.modules, 0: none. */
uint64_t cpython_find_global(const struct cpython_memory *memory, uint64_t interpreter,
                             const char *module, const char *name);

/** What a type is as a lock: 1 and *out, 0: it is none. By its name, its module, and its bases. */
int cpython_lock_type(const struct cpython_memory *memory, uint64_t type,
                      struct cpython_lock_type *out);

#endif
