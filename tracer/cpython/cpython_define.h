/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_define.h - what a record that defines a code object (bpf/cpython_record.h) holds, as a
 * memory to read it from.
 */
#ifndef CPYTHON_DEFINE_H
#define CPYTHON_DEFINE_H

#include <stdbool.h>
#include <stddef.h>

#include "cpython_memory.h"

#include "bpf/cpython_record.h"

/** Where what is read comes from: the blocks of a record, and what none of them has from memory. */
struct cpython_defined {
	const struct cpython_define *record;
	size_t size; /* bytes of it */
	const struct cpython_memory *memory;
};

/** Is it a record whose blocks lie within it? Its kind is not looked at. */
bool cpython_define_sound(const struct cpython_define *record, size_t size);

/** A cpython_read_fn; `context`: a struct cpython_defined with a sound record. */
int cpython_define_read(void *context, uint64_t address, void *out, size_t size);

#endif
