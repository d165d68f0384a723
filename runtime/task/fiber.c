/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fiber.c - new fibers, the ucontext switch, and what AddressSanitizer has to
 * be told when the stack changes under it.
 */
#include "fiber.h"

#include <stdint.h>
#include <string.h>

#ifdef AW_FIBER_UCONTEXT
#include <ucontext.h>

/* makecontext passes ints only: a pointer travels as two halves. */
struct fiber_start {
	void (*entry)(void *);
	void *arg;
};

static void fiber_begin(unsigned int high, unsigned int low)
{
	struct fiber_start *start = (void *)(((uintptr_t)high << 32) | low);

	start->entry(start->arg);
	__builtin_trap();
}

static void fiber_prepare(struct fiber *fiber, char *low, size_t size, void (*entry)(void *),
                          void *arg)
{
	/* Both lie at the top of the fiber's own stack: they live as long as it does. */
	char *top = low + size - sizeof(ucontext_t) - sizeof(struct fiber_start);
	ucontext_t *context;
	struct fiber_start *start;

	top -= (uintptr_t)top % 64;
	context = (ucontext_t *)top;
	start = (struct fiber_start *)(top + sizeof(ucontext_t));
	start->entry = entry;
	start->arg = arg;
	getcontext(context);
	context->uc_stack.ss_sp = low;
	context->uc_stack.ss_size = (size_t)(top - low);
	context->uc_link = NULL;
	makecontext(context, (void (*)(void))fiber_begin, 2, (unsigned int)((uintptr_t)start >> 32),
	            (unsigned int)(uintptr_t)start);
	fiber->saved = context;
}

static void fiber_swap(struct fiber *from, struct fiber *to)
{
	ucontext_t here;

	from->saved = &here;
	swapcontext(&here, to->saved);
}
#else
void aw__fiber_begin(void);

static void fiber_prepare(struct fiber *fiber, char *low, size_t size, void (*entry)(void *),
                          void *arg)
{
	void **top = (void **)(low + size);

	*--top = NULL; /* aw__fiber_begin starts with a 16-byte aligned stack */
	*--top = NULL;
	*--top = (void *)(uintptr_t)aw__fiber_begin;
	*--top = NULL;                     /* rbp: the end of a chain of frame pointers */
	*--top = NULL;                     /* rbx */
	*--top = (void *)(uintptr_t)entry; /* r12 */
	*--top = arg;                      /* r13 */
	*--top = NULL;                     /* r14 */
	*--top = NULL;                     /* r15 */
	fiber->saved = top;
}

#ifdef AW_FIBER_ASAN
void aw__fiber_swap(void **save, void *load);

static void fiber_swap(struct fiber *from, struct fiber *to)
{
	aw__fiber_swap(&from->saved, to->saved);
}
#endif
#endif

#ifdef AW_FIBER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

void fiber_init(struct fiber *fiber, void *low, size_t size, void (*entry)(void *), void *arg)
{
#ifdef AW_FIBER_ASAN
	fiber->bottom = low;
	fiber->size = size;
	fiber->fake = NULL;
	__asan_unpoison_memory_region(low, size); /* frames of its last user that never returned */
#endif
	fiber_prepare(fiber, low, size, entry, arg);
}

#if defined(AW_FIBER_ASAN)
/* The thread's own stack is learnt when a fiber is first entered from it. */
static __thread struct fiber *entered_from;

void fiber_entered(struct fiber *self)
{
	const void *bottom;
	size_t size;

	__sanitizer_finish_switch_fiber(self->fake, &bottom, &size);
	if (entered_from && !entered_from->bottom) {
		entered_from->bottom = bottom;
		entered_from->size = size;
	}
}

void fiber_switch(struct fiber *from, struct fiber *to)
{
	entered_from = from;
	__sanitizer_start_switch_fiber(&from->fake, to->bottom, to->size);
	fiber_swap(from, to);
	fiber_entered(from);
}

void fiber_leave(struct fiber *from, struct fiber *to)
{
	entered_from = from;
	__sanitizer_start_switch_fiber(NULL, to->bottom, to->size);
	fiber_swap(from, to);
	__builtin_unreachable();
}
#elif defined(AW_FIBER_UCONTEXT)
void fiber_entered(struct fiber *self)
{
	(void)self;
}

void fiber_switch(struct fiber *from, struct fiber *to)
{
	fiber_swap(from, to);
}

void fiber_leave(struct fiber *from, struct fiber *to)
{
	fiber_swap(from, to);
	__builtin_unreachable();
}
#endif
