/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_memory.h - Python objects of another process, read from outside.
 *
 * All that is read is untrusted and may change while it is read: lengths are
 * bounded, walks are bounded, and a failed read is an error, never a guess.
 * A `read` function instead of a pid lets tests bring a memory of their own.
 */
#ifndef CPYTHON_MEMORY_H
#define CPYTHON_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bpf/cpython.h"

/** Reads `size` bytes at `address`; 0 or a negative errno (-EFAULT: not all of it is mapped). */
typedef int (*cpython_read_fn)(void *context, uint64_t address, void *out, size_t size);

struct cpython_table;

/** How to reach the target's memory. `layout` may be NULL until the version is known. */
struct cpython_memory {
	cpython_read_fn read;
	void *context;
	const struct cpython_layout *layout;
	/* Address of a type -> struct cpython_lock_type: what cpython_lock_type() found out, so
	 * that a walk over very many objects asks once a type. NULL: it is asked each time. */
	struct cpython_table *lock_types;
};

/** A cpython_read_fn by process_vm_readv; `context` points to a pid_t. */
int cpython_memory_process(void *context, uint64_t address, void *out, size_t size);
/** A cpython_read_fn for memory that may outlive its process; `context`: a struct kept_memory. */
int cpython_memory_kept(void *context, uint64_t address, void *out, size_t size);

int cpython_read(const struct cpython_memory *memory, uint64_t address, void *out, size_t size);
/** A word; 0 when it cannot be read. */
uint64_t cpython_word(const struct cpython_memory *memory, uint64_t address);
uint32_t cpython_half(const struct cpython_memory *memory, uint64_t address);

/** A C string of the target, at most size - 1 bytes, always terminated. 0 or negative errno. */
int cpython_c_string(const struct cpython_memory *memory, uint64_t address, char *out, size_t size);

/** A str object as UTF-8, cut to size - 1 bytes, always terminated. 0 or negative errno. */
int cpython_str(const struct cpython_memory *memory, uint64_t object, char *out, size_t size);

/** The value for a str key in a dict object with string keys, 0: not there. */
uint64_t cpython_dict_get(const struct cpython_memory *memory, uint64_t dict, const char *key);

/** Calls `fn` for each entry of a dict object until it returns non-zero; returns that, or 0. */
typedef int (*cpython_entry_fn)(void *context, uint64_t key, uint64_t value);
int cpython_dict_each(const struct cpython_memory *memory, uint64_t dict, cpython_entry_fn fn,
                      void *context);

/** The position of attribute `name` among a type's inline values, -1: it has none. */
int cpython_attribute_index(const struct cpython_memory *memory, uint64_t type, const char *name);

/** The word of inline attribute `index` of an object, 0: not there. Where attributes are always in
 * a dictionary (3.10), that of the str object `name`, or, when that is 0, number `index` in it. */
uint64_t cpython_attribute(const struct cpython_memory *memory, uint64_t object, uint32_t index,
                           uint64_t name);

/** Where that word is; 0: not there, or in a dictionary. */
uint64_t cpython_attribute_place(const struct cpython_memory *memory, uint64_t object,
                                 uint32_t index);

/** An attribute by its name, 0: not there. */
uint64_t cpython_attribute_named(const struct cpython_memory *memory, uint64_t object,
                                 const char *name);

/** The str object that the methods of a class, or of one it is derived from, use for a name; 0:
 * none does. It is the one that dictionaries of attributes have as their key. */
uint64_t cpython_attribute_name(const struct cpython_memory *memory, uint64_t type,
                                const char *name);

/** tp_name without its module; 0 or negative errno. */
int cpython_type_name(const struct cpython_memory *memory, uint64_t type, char *out, size_t size);

/** UTF-8 from `length` characters of `kind` (1, 2, 4) bytes each. Terminated; returns its length.
 */
size_t cpython_utf8(char *out, size_t size, const void *characters, size_t length, unsigned kind);

#endif
