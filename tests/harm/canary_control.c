/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * canary_control.c - control that leaves a probe otherwise than to the next instruction: jumps out
 * of frames, a switch of stacks, signals on a stack of their own.
 */
#include "canary.h"

#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

enum { STACK = 65536, SWITCHES = 3 };

static __attribute__((noinline)) void hit_and_leave(jmp_buf env)
{
	CANARY_HIT();
	longjmp(env, 7);
}

static __attribute__((noinline)) void hit_and_call(jmp_buf env)
{
	CANARY_HIT();
	hit_and_leave(env);
	CANARY_HIT(); /* not reached */
}

unsigned long canary_jump(uint64_t seed)
{
	volatile uint64_t kept = seed;
	jmp_buf env;
	int value = setjmp(env);

	if (!value)
		hit_and_call(env);
	CANARY_HIT();
	return (value != 7) + (kept != seed);
}

/* -- two stacks ---------------------------------------------------------------------------------
 */

static _Thread_local struct {
	ucontext_t main, other;
	void *main_sp, *other_sp; /* of the switch by hand */
	uint64_t seed;
	unsigned long bad;
	char *stack;
} coroutine;

static void checks(void)
{
	coroutine.bad += canary_red_zone(coroutine.seed) + canary_general(coroutine.seed);
}

static void other_by_ucontext(void)
{
	for (;;) {
		CANARY_HIT();
		checks();
		swapcontext(&coroutine.other, &coroutine.main);
	}
}

static void switch_by_ucontext(void)
{
	getcontext(&coroutine.other);
	coroutine.other.uc_stack.ss_sp = coroutine.stack;
	coroutine.other.uc_stack.ss_size = STACK;
	coroutine.other.uc_link = NULL;
	makecontext(&coroutine.other, other_by_ucontext, 0);
	for (int i = 0; i < SWITCHES; i++) {
		swapcontext(&coroutine.main, &coroutine.other);
		CANARY_HIT();
		checks();
	}
}

#ifdef __x86_64__

void canary_switch_asm(void **save, void *load, struct aw_log_head *head);

/* A probe right before and right after the stack changes. */
__asm__(".text\n.p2align 4\n.globl canary_switch_asm\n.hidden canary_switch_asm\n"
        ".type canary_switch_asm, @function\ncanary_switch_asm:\n"
        " push %rbp\n push %rbx\n push %r12\n push %r13\n push %r14\n push %r15\n"
        " mov %rsp, (%rdi)\n" CANARY_SITE("rdx") " mov %rsi, %rsp\n" CANARY_SITE(
		"rdx") " pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbx\n pop %rbp\n ret\n"
                       ".size canary_switch_asm, . - canary_switch_asm\n");

static void other_by_hand(void)
{
	for (;;) {
		checks();
		canary_switch_asm(&coroutine.other_sp, coroutine.main_sp, &canary_head);
	}
}

static void switch_by_hand(void)
{
	uintptr_t *top = (uintptr_t *)(coroutine.stack + STACK) - 2;

	*--top = 0; /* the caller of other_by_hand, which does not return */
	*--top = (uintptr_t)other_by_hand;
	coroutine.other_sp = top - 6; /* six registers */
	for (int i = 0; i < SWITCHES; i++) {
		canary_switch_asm(&coroutine.main_sp, coroutine.other_sp, &canary_head);
		checks();
	}
}

#else

static void switch_by_hand(void)
{
}

#endif

unsigned long canary_switch(uint64_t seed)
{
	coroutine.seed = seed;
	coroutine.bad = 0;
	coroutine.stack = calloc(1, STACK);
	if (!coroutine.stack)
		abort();
	switch_by_ucontext();
	memset(coroutine.stack, 0, STACK);
	switch_by_hand();
	free(coroutine.stack);
	return coroutine.bad;
}

/* -- signals ------------------------------------------------------------------------------------
 */

static _Thread_local struct {
	char stack[STACK];
	sigjmp_buf env;
	uint64_t seed;
	atomic_ulong bad;
	bool ready;
} handled;

static void handle(int signal)
{
	const char here = 0, *volatile at = &here;

	CANARY_HIT();
	handled.bad += canary_red_zone(handled.seed) + canary_general(handled.seed) +
	               (at < handled.stack || at >= handled.stack + STACK);
	if (signal == SIGUSR2)
		siglongjmp(handled.env, 1);
}

static void handled_prepare(void)
{
	const stack_t stack = {.ss_sp = handled.stack, .ss_size = STACK};
	struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK | SA_RESTART};

	sigaltstack(&stack, NULL);
	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
	handled.ready = true;
}

/* One that returns and one that does not; SIGALRM comes when it likes (main). */
unsigned long canary_signal(uint64_t seed)
{
	if (!handled.ready)
		handled_prepare();
	handled.seed = seed;
	raise(SIGUSR1);
	if (!sigsetjmp(handled.env, 1))
		raise(SIGUSR2);
	CANARY_HIT();
	return atomic_exchange(&handled.bad, 0);
}
