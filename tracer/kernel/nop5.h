/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nop5.h - the instruction that a uprobe must not be placed on: a nop of five bytes.
 *
 * Linux 6.18 on x86-64 turns a uprobe on one into a call of a trampoline that it maps into the
 * process. The call pushes its return address over the locals that a leaf function keeps below the
 * stack pointer, and fork copies the call, but not the trampoline. Later kernels have a harmless
 * form, on nops of ten bytes. Which of the two this kernel does is measured, not taken from its
 * version: stable kernels and distributions move code.
 */
#ifndef TRACER_NOP5_H
#define TRACER_NOP5_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The most bytes that an instruction, and the nop behind it, have. */
#define NOP5_CODE 16u

/** Does `code` (up to NOP5_CODE bytes of it) begin with an instruction of five bytes that the
 * kernel may take for a nop? Says so in doubt. False on other machines than x86-64. */
bool nop5_at(const uint8_t *code, size_t size);

/** Would a uprobe for the USDT site `code` stand on one? `moves`: so it does, too, if there is one
 * behind a nop of one byte, which is where libbpf 1.7 places it. */
bool nop5_at_usdt(const uint8_t *code, size_t size, bool moves);

/** What a kernel does with a uprobe on a nop of five bytes, each value worse than the ones before.
 */
enum nop5_effect {
	NOP5_TRAPS,  /* it traps, as on any instruction */
	NOP5_CALLS,  /* it is rewritten, and neither harm was seen; that proves nothing */
	NOP5_HARMS,  /* locals below the stack pointer were overwritten, or a forked child died */
	NOP5_UNKNOWN /* it can be rewritten, and there is no permission to try what happens */
};

/** Measures it on a function of this program in a child process (some ms where the kernel
 * can rewrite uprobes at all, else no time). `error`: why it is not known (a negative errno), or 0.
 */
enum nop5_effect nop5_measure(int *error);

#endif
