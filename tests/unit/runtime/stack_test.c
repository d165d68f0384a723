/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stack_test.c - stacks are pooled, guarded, and die where they end.
 */
#include <signal.h>

#include "task/stack.h"
#include "journal.h"

enum { BLOCK = 200 };

/* Under AddressSanitizer, too, the signal shall end the test, not the sanitizer. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "handle_segv=0:handle_abort=0";
}

Test(stack, the_last_freed_is_taken_first_and_blocks_are_aligned)
{
	struct stack_pool pool;
	void *a, *b;

	stack_pool_init(&pool, 0, BLOCK);
	a = stack_take(&pool);
	b = stack_take(&pool);
	cr_assert(a && b && a != b);
	cr_expect_eq((uintptr_t)a % 16, 0);
	cr_expect_geq(stack_of(a, BLOCK)->size, STACK_DEFAULT_BYTES);
	memset(stack_of(a, BLOCK)->low, 1, stack_of(a, BLOCK)->size + BLOCK);
	stack_put(&pool, a, BLOCK);
	stack_put(&pool, b, BLOCK);
	cr_expect_eq(stack_take(&pool), b);
	cr_expect_eq(stack_take(&pool), a);
	stack_put(&pool, a, BLOCK);
	stack_put(&pool, b, BLOCK);
	stack_pool_fini(&pool);
}

Test(stack, a_block_outlives_its_pool)
{
	struct stack_pool pool;
	char *block;

	stack_pool_init(&pool, 0, BLOCK);
	block = stack_take(&pool);
	strcpy(block, "still here");
	stack_pool_fini(&pool);
	cr_expect_str_eq(block, "still here");
	stack_put(&pool, block, BLOCK);
}

static void overflow(enum stack_guard guard, size_t below)
{
	struct stack_pool pool;
	struct stack *stack;
	void *block;

	stack_pool_init(&pool, 0, BLOCK);
	pool.guard = guard;
	block = stack_take(&pool);
	stack = stack_of(block, BLOCK);
	cr_assert_leq(stack->guard, STACK_GUARD_CANARY);
	cr_assert_geq(stack->guard, guard, "no better guard than the one allowed");
	memset(stack->low - below, 0x55, 1);
	memset(stack->low, 0x55, 8);
	stack_put(&pool, block, BLOCK);
	stack_pool_fini(&pool);
}

Test(stack, the_byte_below_a_stack_is_guarded, .signal = SIGSEGV)
{
	overflow(STACK_GUARD_MADVISE, 1);
}

Test(stack, so_is_the_lowest_byte_of_the_guard, .signal = SIGSEGV)
{
	overflow(STACK_GUARD_MADVISE, STACK_GUARD_BYTES);
}

Test(stack, mprotect_guards_where_madvise_cannot, .signal = SIGSEGV)
{
	overflow(STACK_GUARD_MPROTECT, 1);
}

Test(stack, a_canary_tells_where_nothing_guards, .signal = SIGABRT)
{
	overflow(STACK_GUARD_CANARY, 0);
}

Test(stack, forty_thousand_stacks_without_madvise)
{
	static void *blocks[40000];
	struct stack_pool pool;
	int canaries = 0;

	stack_pool_init(&pool, 4096, BLOCK);
	pool.guard = STACK_GUARD_MPROTECT;
	for (int i = 0; i < 40000; i++) {
		blocks[i] = stack_take(&pool);
		cr_assert_not_null(blocks[i]);
		canaries += stack_of(blocks[i], BLOCK)->guard == STACK_GUARD_CANARY;
	}
	cr_expect_geq(canaries, 10000);
	for (int i = 0; i < 40000; i++)
		stack_put(&pool, blocks[i], BLOCK);
	stack_pool_fini(&pool);
	overflow(STACK_GUARD_MADVISE, 0);
}

__attribute__((noinline)) static int64_t recurse(void *arg)
{
	volatile char frame[512];

	frame[0] = 1;
	if (arg == &frame)
		return 0; /* never, but the compiler cannot know */
	return recurse((char *)arg + 1) + frame[0];
}

Test(stack, endless_recursion_of_a_task_dies_on_the_guard, .signal = SIGSEGV)
{
	aw_run(recurse, NULL);
}
