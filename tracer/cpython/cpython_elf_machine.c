/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_elf_machine.c - the machine code of an ELF file: calls, references, jumps, prologues
 * (cpython_elf.h).
 *
 * Calls are found by looking at every byte of the executable sections for
 * e8/e9 rel32 whose target is the wanted one: a chance hit inside another
 * instruction needs 32 equal bits, and the callers of this file demand that
 * what they find is unique.
 */
#include <string.h>

#include "cpython_elf.h"

static uint64_t relative(const struct cpython_elf_text *code, size_t at, size_t length)
{
	int32_t offset;

	memcpy(&offset, code->bytes + at + length - 4, sizeof(offset));
	return code->address + at + length + (int64_t)offset;
}

uint64_t cpython_elf_stub(const struct cpython_elf *elf, uint64_t slot)
{
	struct cpython_elf_text code;

	for (size_t i = 0; cpython_elf_text(elf, &i, &code);)
		for (size_t at = 0; at + 6 <= code.size; at++) {
			if (code.bytes[at] != 0xff || code.bytes[at + 1] != 0x25 ||
			    relative(&code, at, 6) != slot)
				continue;
			/* stubs are 16 bytes apart; they may begin with endbr64 or bnd */
			return (code.address + at) & ~15ull;
		}
	return 0;
}

size_t cpython_elf_calls(const struct cpython_elf *elf, uint64_t target, uint64_t slot,
                         uint64_t *out, size_t room)
{
	struct cpython_elf_text code;
	size_t n = 0;

	for (size_t i = 0; cpython_elf_text(elf, &i, &code);)
		for (size_t at = 0; at + 6 <= code.size; at++) {
			uint8_t op = code.bytes[at], next = code.bytes[at + 1];
			bool hit = false;

			if (op == 0xe8 || op == 0xe9)
				hit = target && relative(&code, at, 5) == target;
			else if (op == 0xff && next == 0x15)
				hit = slot && relative(&code, at, 6) == slot;
			if (!hit)
				continue;
			if (n < room)
				out[n] = code.address + at;
			n++;
		}
	return n;
}

bool cpython_elf_refers(const struct cpython_elf *elf, uint64_t start, uint64_t end,
                        uint64_t address)
{
	size_t left;
	const uint8_t *bytes = cpython_elf_at(elf, start, &left);

	if (!bytes || end <= start || left < end - start)
		return false;
	for (size_t at = 0; at + 4 <= end - start; at++) {
		int32_t value;

		memcpy(&value, bytes + at, sizeof(value));
		if (start + at + 4 + (int64_t)value == address ||
		    (uint64_t)(uint32_t)value == address)
			return true;
	}
	return false;
}

uint64_t cpython_elf_reference(const struct cpython_elf *elf, uint64_t address, uint64_t from)
{
	struct cpython_elf_text code;

	for (size_t i = 0; cpython_elf_text(elf, &i, &code);)
		for (size_t at = from > code.address ? from - code.address : 0; at <= code.size - 4;
		     at++) {
			int32_t value;

			memcpy(&value, code.bytes + at, sizeof(value));
			if (code.address + at + 4 + (int64_t)value == address ||
			    (uint64_t)(uint32_t)value == address)
				return code.address + at;
		}
	return 0;
}

uint64_t cpython_elf_leaves_to(const struct cpython_elf *elf, uint64_t start, uint64_t end)
{
	struct {
		uint64_t function;
		unsigned count;
	} to[16] = {{0}};
	size_t left, best = 0;
	const uint8_t *bytes = cpython_elf_at(elf, start, &left);

	if (!bytes || end <= start || left < end - start)
		return 0;
	for (size_t at = 0; at + 5 <= end - start; at++) {
		uint64_t function, target;
		int32_t value;
		size_t i = 0;

		if (bytes[at] != 0xe9)
			continue;
		memcpy(&value, bytes + at + 1, sizeof(value));
		target = start + at + 5 + (int64_t)value;
		if (target >= start && target < end)
			continue;
		function = cpython_elf_function(elf, target);
		while (i < 15 && to[i].function && to[i].function != function)
			i++;
		to[i].function = function;
		to[i].count++;
		if (to[i].count > to[best].count)
			best = i;
	}
	return to[best].function;
}

/* Length of an instruction that may stand before the first push and changes neither the stack
 * pointer nor an argument: moves and tests between registers, xor of a register with itself. */
static size_t harmless(const uint8_t *at)
{
	static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
	size_t prefix = (at[0] & 0xf0) == 0x40;
	uint8_t op = at[prefix], modrm = at[prefix + 1];

	if (!memcmp(at, endbr64, sizeof(endbr64)))
		return sizeof(endbr64);
	if (modrm >> 6 != 3)
		return 0;
	if (op == 0x85)
		return prefix + 2;
	if (op == 0x89 || op == 0x31) {
		unsigned to = (modrm & 7) | (prefix && at[0] & 1 ? 8 : 0);

		/* not to rsp, nor to rdi, rsi, rdx, rcx, r8, r9 */
		return to == 4 || to == 7 || to == 6 || to == 2 || to == 1 || to == 8 || to == 9
		               ? 0
		               : prefix + 2;
	}
	return 0;
}

uint64_t cpython_elf_prologue(const struct cpython_elf *elf, uint64_t start)
{
	size_t left, at = 0;
	const uint8_t *bytes = cpython_elf_at(elf, start, &left);

	while (bytes && at < 32 && left > at + 8) {
		size_t length;

		if ((bytes[at] & 0xf8) == 0x50 ||
		    (bytes[at] == 0x41 && (bytes[at + 1] & 0xf8) == 0x50))
			return start + at;
		length = harmless(bytes + at);
		if (!length)
			return 0;
		at += length;
	}
	return 0;
}
