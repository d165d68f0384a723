/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_elf.h - machine code of an ELF file: who calls what, where functions begin.
 *
 * Needs no symbol table beyond the dynamic one: functions are told by the
 * sorted table in .eh_frame_hdr, which strip keeps. x86-64 only. The file is
 * untrusted: all offsets are checked against its size.
 */
#ifndef CPYTHON_ELF_H
#define CPYTHON_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpython_elf;

/** Maps the file at `path`. 0, -ENOEXEC (no x86-64 ELF file) or another negative errno. */
int cpython_elf_open(const char *path, struct cpython_elf **out);
void cpython_elf_close(struct cpython_elf *elf); /* takes NULL */

/** ELF address of a dynamic symbol that is defined here, 0: none. */
uint64_t cpython_elf_symbol(const struct cpython_elf *elf, const char *name);

/** True when a defined dynamic symbol has this address. */
bool cpython_elf_exported(const struct cpython_elf *elf, uint64_t address);

/** ELF address of the GOT slot the linker fills with symbol `name`, 0: none. */
uint64_t cpython_elf_slot(const struct cpython_elf *elf, const char *name);

/** ELF address of the PLT stub that jumps through a slot, 0: none. */
uint64_t cpython_elf_stub(const struct cpython_elf *elf, uint64_t slot);

/** Addresses of the calls (and tail jumps) that reach `target` directly, and, when `slot` is not
 * 0, of those through it. Returns how many there are; at most `room` are stored. */
size_t cpython_elf_calls(const struct cpython_elf *elf, uint64_t target, uint64_t slot,
                         uint64_t *out, size_t room);

/** An executable section. */
struct cpython_elf_text {
	const uint8_t *bytes;
	uint64_t address;
	size_t size; /* bytes, at least 8 */
};

/** The next executable section; `*i` is 0 for the first. False: there is none. */
bool cpython_elf_text(const struct cpython_elf *elf, size_t *i, struct cpython_elf_text *out);

/** Start of the function `address` lies in, 0: in none. */
uint64_t cpython_elf_function(const struct cpython_elf *elf, uint64_t address);

/** One past the end of the function that starts at `start`: where the next one does. */
uint64_t cpython_elf_function_end(const struct cpython_elf *elf, uint64_t start);

/** The file's bytes at an ELF address; `left`: how many follow. NULL: not in the file. */
const uint8_t *cpython_elf_at(const struct cpython_elf *elf, uint64_t address, size_t *left);

/** Offset in the file of an ELF address, 0: not in the file. */
uint64_t cpython_elf_offset(const struct cpython_elf *elf, uint64_t address);

/** ELF address of `size` bytes in a loaded segment that is writable or not, at or after `from`
 * (0: from the start); 0: none. */
uint64_t cpython_elf_find(const struct cpython_elf *elf, const void *bytes, size_t size,
                          bool writable, uint64_t from);

/** The first word in writable memory, behind `from`, that holds the address `value` when the file
 * is loaded; 0: there is none. */
uint64_t cpython_elf_pointer(const struct cpython_elf *elf, uint64_t value, uint64_t from);

/** Start and size of a section, by name; false: there is none. */
bool cpython_elf_section(const struct cpython_elf *elf, const char *name, uint64_t *address,
                         uint64_t *size);

/** True when a function's code has an instruction that takes the address `address` (lea, mov imm).
 */
bool cpython_elf_refers(const struct cpython_elf *elf, uint64_t start, uint64_t end,
                        uint64_t address);

/** The first instruction at or after `from` that takes the address `address`, 0: there is none. */
uint64_t cpython_elf_reference(const struct cpython_elf *elf, uint64_t address, uint64_t from);

/** The other function that most jumps out of [start, end) go to, 0: none: whose cold part that is.
 */
uint64_t cpython_elf_leaves_to(const struct cpython_elf *elf, uint64_t start, uint64_t end);

/**
 * A place at the begin of a function where a uprobe is cheap (the instruction
 * there is one the kernel emulates) and the arguments are still in their
 * registers: the first push before the stack moves. 0: none.
 */
uint64_t cpython_elf_prologue(const struct cpython_elf *elf, uint64_t start);

#endif
