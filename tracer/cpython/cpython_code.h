/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_code.h - code objects of the target: function, file, lines, and what a yield is for.
 *
 * Kept by address: as the stream defines them, before the first fact that names
 * them; what it does not define is read from the target when first seen. Of
 * those, the head is compared with what was read when one is used for the first
 * time in a second, since another may have been made at its address. An old one
 * stays for those who point to it.
 */
#ifndef CPYTHON_CODE_H
#define CPYTHON_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpython_define.h"
#include "cpython_memory.h"
#include "cpython_qualnames.h"
#include "cpython_table.h"

/** What a function is for us, by its qualname and file. */
enum cpython_role {
	CPYTHON_ROLE_NONE,
	CPYTHON_ROLE_EXIT,           /* an __exit__ or __aexit__ method */
	CPYTHON_ROLE_ACQUIRE,        /* Lock.acquire, Semaphore.acquire */
	CPYTHON_ROLE_CONDITION_WAIT, /* Condition.wait: gives its lock up meanwhile */
	CPYTHON_ROLE_CHECKPOINT,     /* anyio: a suspension after the lock was taken */
	CPYTHON_ROLE_SLEEP,
	CPYTHON_ROLE_EVENT,
	CPYTHON_ROLE_QUEUE,
	CPYTHON_ROLE_IO,
	CPYTHON_ROLE_WORK,
	CPYTHON_ROLE_GATHER,
	CPYTHON_ROLE_WAIT_FOR /* asyncio.wait_for: what it awaits ends by itself */
};

struct cpython_code {
	uint64_t address;
	uint64_t generation; /* counts the code objects seen, so that an id is never used twice */
	char *function;      /* co_qualname */
	char *file;          /* co_filename */
	uint32_t first_line;
	enum cpython_role role;
	bool old;          /* the table of lines is that of 3.10 */
	bool of_lock;      /* a method of a lock class */
	bool bounds;       /* the exit method of a time-out: what it surrounds ends by itself */
	uint64_t names[2]; /* addresses of its qualname and its file's name */
	uint64_t checked;  /* ns: when it was compared with the target's memory */
	bool defined;      /* by the stream, which also tells when another takes its place */
	uint8_t *lines;
	size_t lines_size;
	uint8_t *bytes; /* the instructions, 2 bytes each */
	size_t bytes_size;
	struct cpython_code *older; /* what stood at this address before */
};

/* Addresses at which no code object was found lately: C code that calls Python code has a frame,
 * too, whose code is None (3.12+), and a busy program names it in each fact. */
enum { CPYTHON_CODES_MISSING = 64 };

struct cpython_codes {
	struct cpython_memory memory;
	struct cpython_table table;
	struct cpython_qualnames *qualnames; /* owned; NULL: code objects know theirs */
	uint64_t generation;
	uint64_t now; /* ns: of the fact that is looked at; the user keeps it */
	struct {
		uint64_t address, until; /* ns */
	} missing[CPYTHON_CODES_MISSING];
};

/** `interpreter`, `function`: as in struct cpython_target. 0 or -ENOMEM. */
int cpython_codes_init(struct cpython_codes *codes, const struct cpython_memory *memory,
                       uint64_t interpreter, uint64_t function);
void cpython_codes_fini(struct cpython_codes *codes);

/** The stream defines a code object: it stands at its address from now on. `record` is sound
 * (cpython_define.h). 0, -EPROTO (it makes no sense) or -ENOMEM. */
int cpython_codes_define(struct cpython_codes *codes, const struct cpython_define *record,
                         size_t size);

/** The code object at an address, or NULL when it is not readable as one. Owned by `codes`. */
const struct cpython_code *cpython_codes_get(struct cpython_codes *codes, uint64_t address);

/** The line of the instruction at `offset` bytes, 0: none. PEP 626 / Objects/locations.md. */
uint32_t cpython_code_line(const struct cpython_code *code, int32_t offset);

/** The same, and the column in bytes from 0; -1: not known (-X no_debug_ranges). */
uint32_t cpython_code_position(const struct cpython_code *code, int32_t offset, int *column);

/** Is the instruction at `offset` the yield this version suspends at? */
bool cpython_code_yields(const struct cpython_code *code, const struct cpython_layout *layout,
                         int32_t offset);

/** What the suspension at `offset` belongs to: 0 a plain await, 1 `__aenter__`, 2 `__aexit__`,
 * -1 none of these (async for, a plain yield). `at` (may be NULL): the await's own offset. */
int cpython_code_await(const struct cpython_code *code, const struct cpython_layout *layout,
                       int32_t offset, int32_t *at);

#endif
