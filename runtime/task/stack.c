/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stack.c - slots, guards and the free list. See stack.h.
 */
#include "stack.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* linux/mman.h of 6.13 */
#endif

enum {
	SLAB_FIRST_BYTES = 4 << 20,
	SLAB_MOST_BYTES = 64 << 20,
	MPROTECT_MOST = 28000, /* of vm.max_map_count's 65,530, two each */
	COLOURS = 32,          /* slots start at different cache sets, within their top page */
	COLOUR_BYTES = 64
};
#define CANARY 0x5ca1ab1e0ddba11ull

/* One mapping. Freed when its pool is closed and no block of it is taken. */
struct stack_slab {
	struct stack_slab *next;
	char *base;
	size_t bytes;
	size_t slot_bytes;
	size_t cut;  /* slots in use so far, from the bottom */
	size_t room; /* slots it has */
	size_t taken;
	int mprotected; /* slots guarded that way */
	bool orphan;    /* the pool is closed */
};

static atomic_int mprotected; /* stacks guarded that way, in the process */

static size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

static size_t slot_size(const struct stack_pool *pool)
{
	return STACK_GUARD_BYTES + pool->stack_bytes;
}

void stack_pool_init(struct stack_pool *pool, size_t stack_bytes, size_t block_bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t least = round_up(block_bytes + sizeof(struct stack) + COLOURS * COLOUR_BYTES, page);

	*pool = (struct stack_pool){.block_bytes = round_up(block_bytes, 16)};
	pool->stack_bytes = round_up(stack_bytes ? stack_bytes : STACK_DEFAULT_BYTES, page) + least;
}

static void slab_free(struct stack_slab *slab)
{
	munmap(slab->base, slab->bytes);
	atomic_fetch_sub(&mprotected, slab->mprotected);
	free(slab);
}

void stack_pool_fini(struct stack_pool *pool)
{
	struct stack_slab *slab = pool->slabs, *next;

	for (; slab; slab = next) {
		next = slab->next;
		slab->orphan = true;
		if (!slab->taken)
			slab_free(slab);
	}
	pool->slabs = NULL;
	pool->free = NULL;
}

static struct stack_slab *slab_new(struct stack_pool *pool)
{
	struct stack_slab *slab = calloc(1, sizeof(*slab));
	size_t bytes = pool->slabs ? pool->slabs->bytes * 2 : SLAB_FIRST_BYTES;

	if (!slab)
		return NULL;
	if (bytes > SLAB_MOST_BYTES)
		bytes = SLAB_MOST_BYTES;
	slab->slot_bytes = slot_size(pool);
	if (bytes < slab->slot_bytes)
		bytes = slab->slot_bytes;
	slab->base = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (slab->base == MAP_FAILED) {
		free(slab);
		return NULL;
	}
	/* A huge page would make the first touch of one stack pay for thirty. */
	madvise(slab->base, bytes, MADV_NOHUGEPAGE);
	slab->bytes = bytes;
	slab->room = bytes / slab->slot_bytes;
	slab->next = pool->slabs;
	pool->slabs = slab;
	return slab;
}

/* Guards the bottom of a slot, once for its life. Each way falls back to the next. */
static enum stack_guard guard_install(struct stack_pool *pool, struct stack_slab *slab, char *slot)
{
	if (pool->guard == STACK_GUARD_MADVISE) {
		if (madvise(slot, STACK_GUARD_BYTES, MADV_GUARD_INSTALL) == 0)
			return STACK_GUARD_MADVISE;
		pool->guard = STACK_GUARD_MPROTECT;
	}
	if (pool->guard == STACK_GUARD_MPROTECT) {
		if (atomic_fetch_add(&mprotected, 1) < MPROTECT_MOST &&
		    mprotect(slot, STACK_GUARD_BYTES, PROT_NONE) == 0) {
			slab->mprotected++;
			return STACK_GUARD_MPROTECT;
		}
		atomic_fetch_sub(&mprotected, 1);
	}
	return STACK_GUARD_CANARY;
}

static uint64_t *canary_of(const struct stack *stack)
{
	return (uint64_t *)stack->low;
}

static struct stack *slot_cut(struct stack_pool *pool)
{
	struct stack_slab *slab = pool->slabs;
	struct stack *stack;
	char *slot, *top;

	if (!slab || slab->cut == slab->room)
		slab = slab_new(pool);
	if (!slab)
		return NULL;
	slot = slab->base + slab->cut * slab->slot_bytes;
	top = slot + slab->slot_bytes - slab->cut % COLOURS * COLOUR_BYTES;
	slab->cut++;
	stack = (struct stack *)(top - round_up(sizeof(*stack), 16));
	stack->slab = slab;
	stack->low = slot + STACK_GUARD_BYTES;
	stack->size = (size_t)((char *)stack - pool->block_bytes - stack->low);
	stack->guard = (uint8_t)guard_install(pool, slab, slot);
	if (stack->guard == STACK_GUARD_CANARY)
		*canary_of(stack) = CANARY;
	return stack;
}

void *stack_take(struct stack_pool *pool)
{
	struct stack *stack = pool->free;

	if (stack)
		pool->free = stack->next;
	else
		stack = slot_cut(pool);
	if (!stack)
		return NULL;
	stack->slab->taken++;
	return (char *)stack - pool->block_bytes;
}

void stack_put(struct stack_pool *pool, void *block, size_t block_bytes)
{
	struct stack *stack = stack_of(block, block_bytes);
	struct stack_slab *slab = stack->slab;

	if (stack->guard == STACK_GUARD_CANARY)
		assert(*canary_of(stack) == CANARY && "stack overflow");
	slab->taken--;
	if (!slab->orphan) {
		stack->next = pool->free;
		pool->free = stack;
	} else if (!slab->taken) {
		slab_free(slab);
	}
}
