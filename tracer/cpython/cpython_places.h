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

enum { CPYTHON_CALLS = 512 };

/** The registers an address may be loaded into, as instructions number them. */
enum cpython_loaded { CPYTHON_LOADED_RSI = 6, CPYTHON_LOADED_RDI = 7, CPYTHON_LOADED_ANY = 8 };

/** Does the code before a call load `address` into a register? Looks back over the few
 * instructions that may stand between. `base`: what another one may hold, with the address as an
 * offset to it. */
bool cpython_places_loads(const struct cpython_elf *elf, uint64_t call, enum cpython_loaded into,
                          uint64_t address, uint64_t base);

/** Calls of a function of the interpreter: direct, or through its own PLT in a shared library. At
 * most CPYTHON_CALLS. */
size_t cpython_places_own_calls(const struct cpython_elf *elf, const char *name, uint64_t *calls);

/** cpython_places_with and _wake for 3.10: cpython_places_old.c. */
void cpython_places_with_old(const struct cpython_elf *elf, const struct target_module *core,
                             struct cpython_found *out);
void cpython_places_wake_old(const struct cpython_elf *elf, struct cpython_found *out);

#endif
