/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nop5.c - which instructions the kernel takes for a nop of five bytes.
 *
 * After insn_is_nop() of Linux 6.18 (arch/x86/lib/insn.c), which knows more than the nops of the
 * manual: `lea` and `mov` of a register to itself and jumps to the next instruction. Where that
 * looks at more than the length and the opcode, this looks at less, and says yes more often.
 */
#include "nop5.h"

#include <string.h>

#ifdef __x86_64__

struct insn {
	const uint8_t *code; /* what is left of it */
	size_t size;
	size_t taken;
};

/* The next byte, -1: there is none. */
static int insn_byte(struct insn *insn)
{
	if (insn->taken == insn->size)
		return -1;
	return insn->code[insn->taken++];
}

/* The first byte behind the prefixes. */
static int insn_opcode(struct insn *insn)
{
	static const uint8_t prefixes[] = {0x66, 0x67, 0x2e, 0x36, 0x3e, 0x26,
	                                   0x64, 0x65, 0xf0, 0xf2, 0xf3};
	int byte;

	do
		byte = insn_byte(insn);
	while (byte >= 0 && memchr(prefixes, byte, sizeof(prefixes)));
	if (byte == 0xd5) { /* REX2 and what it holds */
		insn_byte(insn);
		return insn_byte(insn);
	}
	return (byte & 0xf0) == 0x40 ? insn_byte(insn) : byte; /* REX */
}

/* Takes an operand in memory or a register. Returns whether its displacement is 0. */
static bool insn_operand(struct insn *insn, int *modrm)
{
	static const size_t sizes[] = {0, 1, 4, 0};
	int sib = 0, byte = insn_byte(insn);
	size_t size;
	bool zero = true;

	*modrm = byte;
	if (byte < 0)
		return false;
	if (byte >> 6 != 3 && (byte & 7) == 4)
		sib = insn_byte(insn);
	size = sizes[byte >> 6];
	if (byte >> 6 == 0 && ((byte & 7) == 5 || (sib & 7) == 5))
		size = 4;
	while (size--)
		zero &= insn_byte(insn) == 0;
	return zero;
}

/* Is it `0f 1f` (nop) or a hint that processors without it run as a nop? */
static bool insn_long_nop(struct insn *insn)
{
	int modrm, byte = insn_byte(insn);

	if (byte < 0x18 || byte > 0x1f)
		return false;
	insn_operand(insn, &modrm);
	return true;
}

static bool insn_zeros(struct insn *insn, size_t count)
{
	bool zero = true;

	while (count--)
		zero &= insn_byte(insn) == 0;
	return zero;
}

static bool insn_does_nothing(struct insn *insn)
{
	bool zero;
	int modrm;

	switch (insn_opcode(insn)) {
	case 0x0f:
		return insn_long_nop(insn);
	case 0x90:
		return true;
	case 0x87: /* xchg */
	case 0x89: /* mov */
	case 0x8b:
		insn_operand(insn, &modrm);
		return modrm >= 0 && modrm >> 6 == 3 && (modrm >> 3 & 7) == (modrm & 7);
	case 0x8d: /* lea */
		zero = insn_operand(insn, &modrm);
		return modrm >= 0 && zero;
	case 0xe9: /* jmp to what is behind it */
		return insn_zeros(insn, 4);
	case 0xeb:
		return insn_zeros(insn, 1);
	default:
		return false;
	}
}

bool nop5_at(const uint8_t *code, size_t size)
{
	struct insn insn = {.code = code, .size = size};

	return insn_does_nothing(&insn) && insn.taken == 5;
}

bool nop5_at_usdt(const uint8_t *code, size_t size, bool moves)
{
	return nop5_at(code, size) ||
	       (moves && size && code[0] == 0x90 && nop5_at(code + 1, size - 1));
}

#else

bool nop5_at(const uint8_t *code, size_t size)
{
	(void)code, (void)size;
	return false;
}

bool nop5_at_usdt(const uint8_t *code, size_t size, bool moves)
{
	(void)moves;
	return nop5_at(code, size);
}

#endif
