/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_places.h - where in the machine code of CPython a probe belongs.
 *
 * Needs the ELF files alone, no process. Offsets are of the file. What is not
 * found leaves its list empty. x86-64.
 */
#ifndef CPYTHON_PLACES_H
#define CPYTHON_PLACES_H

#include "cpython_elf.h"
#include "cpython_find.h"

/** The function that sends into a task's coroutine: it calls PyIter_Send directly, is no API itself
 * and is called directly (the eval loop is not). 0: none, or more than one. */
uint64_t cpython_places_step(const struct cpython_elf *elf);

/** Adds the place at an ELF address, if the file has it and there is room. */
void cpython_place_add(const struct cpython_elf *elf, struct cpython_places *places,
                       uint64_t address);

/** Where to probe a function so that a hit is cheap: its prologue, else all its call sites.
 * `path` is kept, not copied. */
void cpython_places_of(const struct cpython_elf *elf, const char *path, uint64_t function,
                       struct cpython_places *out);

/** Where `with` and `async with` ask for their exit method: fills in out->with, or ->named, or
 * ->method (3.14 and newer), and the names' addresses in out->target. */
void cpython_places_with(const struct cpython_elf *elf, const struct target_module *core,
                         struct cpython_found *out);

/** Where an await expression gets its iterator: out->awaits. */
void cpython_places_await(const struct cpython_elf *elf, const struct target_module *core,
                          struct cpython_found *out);

/** Where asyncio's C code calls loop.call_soon: out->wake_call (until 3.11) or ->wake_method.
 * `elf`: the file of out->asyncio. */
void cpython_places_wake(const struct cpython_elf *elf, struct cpython_found *out);

#endif
