/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fiber.h - one flow of control with a stack of its own, and the switch between two.
 *
 * x86-64: a dozen instructions (fiber_x86_64.S). Other machines, or built with
 * -DAW_FIBER_UCONTEXT: swapcontext, which is two system calls slower.
 *
 * The x86-64 switch keeps the registers that a call keeps, except the control
 * bits of mxcsr and x87: saving them costs three times the switch, and a
 * task that changes the rounding mode has to change it back before it suspends.
 */
#ifndef RUNTIME_FIBER_H
#define RUNTIME_FIBER_H

#include <stddef.h>

#if !defined(__x86_64__) && !defined(AW_FIBER_UCONTEXT)
#define AW_FIBER_UCONTEXT 1
#endif

#if defined(__SANITIZE_ADDRESS__)
#define AW_FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define AW_FIBER_ASAN 1
#endif
#endif

struct fiber {
	void *saved; /* while not running: its saved stack pointer, or its ucontext_t */
#ifdef AW_FIBER_ASAN
	const void *bottom; /* of its stack, for AddressSanitizer; NULL: the thread's own */
	size_t size;
	void *fake; /* AddressSanitizer's fake stack, while not running */
#endif
};

/**
 * Prepares a fiber that will run entry(arg) on the stack [low, low + size) when
 * first switched to. `low + size` must be 16-byte aligned. `entry` must not return.
 */
void fiber_init(struct fiber *fiber, void *low, size_t size, void (*entry)(void *), void *arg);

#if defined(AW_FIBER_ASAN) || defined(AW_FIBER_UCONTEXT)
void fiber_switch(struct fiber *from, struct fiber *to);
/** The same from a fiber that never runs again. */
_Noreturn void fiber_leave(struct fiber *from, struct fiber *to);
/** The first thing a new fiber calls. */
void fiber_entered(struct fiber *self);
#else
void aw__fiber_swap(void **save, void *load);
static inline void fiber_switch(struct fiber *from, struct fiber *to)
{
	aw__fiber_swap(&from->saved, to->saved);
}
static inline _Noreturn void fiber_leave(struct fiber *from, struct fiber *to)
{
	aw__fiber_swap(&from->saved, to->saved);
	__builtin_unreachable();
}
static inline void fiber_entered(struct fiber *self)
{
	(void)self;
}
#endif

#endif
