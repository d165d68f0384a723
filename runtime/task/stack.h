/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stack.h - a pool of task stacks, one per loop.
 *
 * Stacks are slots of big mappings (a mapping each would hit vm.max_map_count
 * at 32,000 tasks). At the top of each slot lies a block of the pool's user (the
 * task), below it the stack, at the bottom a guard. Freed stacks are taken
 * again last in, first out, while they are in the cache; memory goes back to
 * the system when the pool is closed and the last block of a mapping is freed.
 */
#ifndef RUNTIME_STACK_H
#define RUNTIME_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a stack is guarded, best first. */
enum stack_guard {
	STACK_GUARD_MADVISE,  /* MADV_GUARD_INSTALL (Linux 6.13): no mapping of its own */
	STACK_GUARD_MPROTECT, /* two more mappings per stack: only for the first 28,000 */
	STACK_GUARD_CANARY    /* a value at the bottom, checked when the stack is freed */
};

enum { STACK_GUARD_BYTES = 16 * 1024, STACK_DEFAULT_BYTES = 64 * 1024 };

struct stack_slab;

struct stack_pool {
	struct stack *free;       /* last freed first */
	struct stack_slab *slabs; /* newest first; slots are cut from the newest */
	size_t stack_bytes;       /* usable, below the block */
	size_t block_bytes;
	enum stack_guard guard;
};

/** The top end of a slot. */
struct stack {
	struct stack *next; /* in the pool's free list */
	struct stack_slab *slab;
	char *low;   /* lowest usable byte */
	size_t size; /* usable bytes */
	uint8_t guard;
};

/** A pool of stacks of `stack_bytes` (0: the default), with a block of `block_bytes` on each. */
void stack_pool_init(struct stack_pool *pool, size_t stack_bytes, size_t block_bytes);

/** Gives unused mappings back; those with blocks still taken go with their last block. */
void stack_pool_fini(struct stack_pool *pool);

/** Takes a stack; returns its block, 16-byte aligned, not cleared. NULL: no memory. */
void *stack_take(struct stack_pool *pool);

/**
 * Puts a block and its stack back. May be called while still running on that
 * stack, as long as nothing is taken from the pool before leaving it. Once the
 * pool is closed `pool` is not used.
 */
void stack_put(struct stack_pool *pool, void *block, size_t block_bytes);

static inline struct stack *stack_of(void *block, size_t block_bytes)
{
	return (struct stack *)((char *)block + (block_bytes + 15) / 16 * 16);
}

#endif
