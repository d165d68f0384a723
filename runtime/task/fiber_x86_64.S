/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fiber_x86_64.S - the stack switch of fiber.h.
 *
 * Both stacks have the same layout at the switch (six registers, then the return
 * address), so one set of CFI rules is true before and after rsp changes, and
 * debuggers unwind through a suspended task. The switch ends with a ret, not with a
 * jump: all but a few switches are made at one place (task_suspend), so the return address
 * the processor predicts is the right one, and its stack of predictions stays in step for the
 * returns that follow. With a jump each of these is mispredicted (measured: 37 ns a yield
 * against 10). It does not maintain a CET shadow stack; the object says nothing about
 * CET, so the linker does not mark a program that links it.
 */
#if defined(__x86_64__) && !defined(AW_FIBER_UCONTEXT)
	.text

/* void aw__fiber_swap(void **save, void *load) */
	.globl aw__fiber_swap
	.hidden aw__fiber_swap
	.type aw__fiber_swap, @function
	.p2align 4
aw__fiber_swap:
	.cfi_startproc
	pushq %rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbp, 0
	pushq %rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbx, 0
	pushq %r12
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r12, 0
	pushq %r13
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r13, 0
	pushq %r14
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r14, 0
	pushq %r15
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r15, 0
	movq %rsp, (%rdi)
	movq %rsi, %rsp
	popq %r15
	.cfi_adjust_cfa_offset -8
	.cfi_restore r15
	popq %r14
	.cfi_adjust_cfa_offset -8
	.cfi_restore r14
	popq %r13
	.cfi_adjust_cfa_offset -8
	.cfi_restore r13
	popq %r12
	.cfi_adjust_cfa_offset -8
	.cfi_restore r12
	popq %rbx
	.cfi_adjust_cfa_offset -8
	.cfi_restore rbx
	popq %rbp
	.cfi_adjust_cfa_offset -8
	.cfi_restore rbp
	ret
	.cfi_endproc
	.size aw__fiber_swap, . - aw__fiber_swap

/*
 * Where a new fiber starts: r12 is the function, r13 its argument. The end of every backtrace.
 * A jump with the return address pushed, not a call: a fiber never returns, and a call
 * would put the processor's stack of predictions out of step for whoever runs next.
 */
	.globl aw__fiber_begin
	.hidden aw__fiber_begin
	.type aw__fiber_begin, @function
	.p2align 4
aw__fiber_begin:
	.cfi_startproc
	.cfi_undefined rip
	xorl %ebp, %ebp
	movq %r13, %rdi
	leaq 1f(%rip), %rax
	pushq %rax
	jmpq *%r12
1:	ud2
	.cfi_endproc
	.size aw__fiber_begin, . - aw__fiber_begin
#endif
	.section .note.GNU-stack, "", @progbits
