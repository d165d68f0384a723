/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * canary_registers.c - every register, the flags and the red zone, across a probe.
 *
 * In assembler, so that a value is where it is said to be at the very instruction.
 */
#include "canary.h"

#include <string.h>

#ifdef __x86_64__

enum { GENERAL = 15, VECTORS = 16, FLOATS = 8, RDI = 5 };

#define FLAGS 0xcd5u /* carry, parity, adjust, zero, sign, direction, overflow */

uint64_t canary_red_zone_asm(uint64_t value, uint64_t unused, struct aw_log_head *head);
void canary_general_asm(const uint64_t in[GENERAL + 1], uint64_t out[GENERAL + 1]);
void canary_sse_asm(const void *in, void *out, struct aw_log_head *head);
void canary_avx_asm(const void *in, void *out, struct aw_log_head *head);
void canary_x87_asm(const void *in, void *out, struct aw_log_head *head);

#define FUNCTION(name)                                                                             \
	".text\n.p2align 4\n.globl " name "\n.hidden " name "\n.type " name ", @function\n" name   \
	":\n"
#define END(name) " ret\n.size " name ", . - " name "\n"

/* All 128 bytes that a leaf function may use below its stack pointer. */
#define BELOW ".irp n,8,16,24,32,40,48,56,64,72,80,88,96,104,112,120,128\n"
__asm__(FUNCTION("canary_red_zone_asm") " xor %eax, %eax\n xor %ecx, %ecx\n" BELOW
                                        " mov %rdi, -\\n(%rsp)\n.endr\n" CANARY_SITE("rdx") BELOW
        " cmp %rdi, -\\n(%rsp)\n setne %cl\n add %rcx, %rax\n.endr\n" END("canary_red_zone_asm"));

/* X(register, offset) of those that are loaded from %rdi and stored to %rax; not these two. */
#define GENERAL_REGISTERS(X)                                                                       \
	X("rbx", "8")                                                                              \
	X("rcx", "16")                                                                             \
	X("rdx", "24")                                                                             \
	X("rsi", "32")                                                                             \
	X("rbp", "48")                                                                             \
	X("r8", "56")                                                                              \
	X("r9", "64")                                                                              \
	X("r10", "72")                                                                             \
	X("r11", "80")                                                                             \
	X("r12", "88")                                                                             \
	X("r13", "96")                                                                             \
	X("r14", "104")                                                                            \
	X("r15", "112")
#define LOAD(register, offset)  " mov " offset "(%rdi), %" register "\n"
#define STORE(register, offset) " mov %" register ", " offset "(%rax)\n"
__asm__(FUNCTION("canary_general_asm") " push %rbx\n push %rbp\n push %r12\n push %r13\n push "
                                       "%r14\n push %r15\n"
                                       " push %rsi\n"
                                       " push 120(%rdi)\n popfq\n" /* moves leave the flags alone */
        GENERAL_REGISTERS(LOAD) LOAD("rax", "0") LOAD("rdi", "40") CANARY_SITE(
		"rdi") " pushfq\n push %rax\n mov 16(%rsp), %rax\n" GENERAL_REGISTERS(STORE)
                STORE("rdi", "40") " pop (%rax)\n pop 120(%rax)\n cld\n pop %rsi\n"
                                   " pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop "
                                   "%rbx\n" END("canary_general_asm"));

#define EACH_VECTOR ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
__asm__(FUNCTION("canary_sse_asm") EACH_VECTOR
        " movdqu \\n*16(%rdi), %xmm\\n\n.endr\n" CANARY_SITE("rdx") EACH_VECTOR
        " movdqu %xmm\\n, \\n*16(%rsi)\n.endr\n" END("canary_sse_asm"));
__asm__(FUNCTION("canary_avx_asm") EACH_VECTOR
        " vmovdqu \\n*32(%rdi), %ymm\\n\n.endr\n" CANARY_SITE("rdx") EACH_VECTOR
        " vmovdqu %ymm\\n, \\n*32(%rsi)\n.endr\n vzeroupper\n" END("canary_avx_asm"));
/* The control words lie behind the registers. */
__asm__(FUNCTION(
	"canary_x87_asm") " fldcw 128(%rdi)\n ldmxcsr 132(%rdi)\n"
                          ".irp n,7,6,5,4,3,2,1,0\n fldt \\n*16(%rdi)\n.endr\n" CANARY_SITE(
				  "rdx") ".irp n,0,1,2,3,4,5,6,7\n fstpt \\n*16(%rsi)\n.endr\n"
                                         " fnstcw 128(%rsi)\n stmxcsr 132(%rsi)\n fninit\n" END(
						 "canary_x87_asm"));

unsigned long canary_red_zone(uint64_t seed)
{
	return canary_red_zone_asm(seed * 0x9e3779b97f4a7c15u, 0, &canary_head);
}

unsigned long canary_general(uint64_t seed)
{
	uint64_t in[GENERAL + 1], out[GENERAL + 1] = {0};
	unsigned long bad = 0;

	for (int i = 0; i <= GENERAL; i++)
		in[i] = (seed + i) * 0x9e3779b97f4a7c15u;
	in[RDI] = (uintptr_t)&canary_head;
	in[GENERAL] = (in[GENERAL] >> 20 & FLAGS) | 0x202;
	canary_general_asm(in, out);
	for (int i = 0; i < GENERAL; i++)
		bad += in[i] != out[i];
	return bad + ((in[GENERAL] ^ out[GENERAL]) & FLAGS ? 1 : 0);
}

unsigned long canary_vectors(uint64_t seed)
{
	uint64_t in[VECTORS * 4], out[VECTORS * 4] = {0};
	unsigned long bad;

	for (int i = 0; i < VECTORS * 4; i++)
		in[i] = (seed + i) * 0xd6e8feb86659fd93u;
	canary_sse_asm(in, out, &canary_head);
	bad = memcmp(in, out, sizeof(in) / 2) != 0;
	if (__builtin_cpu_supports("avx")) {
		canary_avx_asm(in, out, &canary_head);
		bad += memcmp(in, out, sizeof(in)) != 0;
	}
	return bad;
}

unsigned long canary_floating(uint64_t seed)
{
	struct {
		long double registers[FLOATS];
		uint16_t control;
		uint32_t mxcsr;
	} in, out, restore;
	unsigned long bad = 0;

	memset(&in, 0, sizeof(in));
	memset(&out, 0, sizeof(out));
	for (int i = 0; i < FLOATS; i++)
		in.registers[i] = (long double)(seed + i) / 3;
	__asm__ volatile("fnstcw %0\n stmxcsr %1" : "=m"(restore.control), "=m"(restore.mxcsr));
	in.control = restore.control ^ 0xc00; /* another rounding */
	in.mxcsr = restore.mxcsr ^ 0x6000;
	canary_x87_asm(&in, &out, &canary_head);
	__asm__ volatile("fldcw %0\n ldmxcsr %1" : : "m"(restore.control), "m"(restore.mxcsr));
	for (int i = 0; i < FLOATS; i++)
		bad += in.registers[i] != out.registers[i];
	return bad + (in.control != out.control) + (in.mxcsr != out.mxcsr);
}

#else

/* Elsewhere the compiler's own use of registers has to do. */
static __attribute__((noinline)) unsigned long values_kept(uint64_t seed)
{
	volatile uint64_t local[14];
	uint64_t a = seed * 3, b = seed * 5, c = seed * 7;
	double d = (double)seed / 3;
	unsigned long bad = 0;

	for (int i = 0; i < 14; i++)
		local[i] = seed + i;
	__asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+w"(d));
	CANARY_HIT();
	__asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+w"(d));
	for (int i = 0; i < 14; i++)
		bad += local[i] != seed + i;
	return bad + (a != seed * 3) + (b != seed * 5) + (c != seed * 7) + (d != (double)seed / 3);
}

unsigned long canary_red_zone(uint64_t seed)
{
	return values_kept(seed);
}

unsigned long canary_general(uint64_t seed)
{
	return values_kept(seed);
}

unsigned long canary_vectors(uint64_t seed)
{
	return values_kept(seed);
}

unsigned long canary_floating(uint64_t seed)
{
	return values_kept(seed);
}

#endif
