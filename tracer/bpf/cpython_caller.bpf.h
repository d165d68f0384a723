/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_caller.bpf.h - the Python frames that run on this thread, and the task whose step that
 * is.
 */
#ifndef CPYTHON_CALLER_BPF_H
#define CPYTHON_CALLER_BPF_H

#include "cpython_define.bpf.h"

/* Threads of a process that are looked through for this one: more than it may have (each has a loop
 * of its own, of three descriptors at least). */
#define CPYTHON_THREADS 65536

struct thread_search {
	uint64_t state, pointer;
	uint32_t id, next; /* where in a PyThreadState */
};

/* Not 0: found, or there are no more. */
static long thread_look(uint32_t i, void *context)
{
	struct thread_search *search = context;

	(void)i;
	if (!search->state || read_word(search->state + search->id) == search->pointer)
		return 1;
	search->state = read_word(search->state + search->next);
	return 0;
}

/* Finds the thread's PyThreadState in the interpreter's list (the GIL is held: it is stable). */
__noinline int thread_find(uint32_t target)
{
	struct cpython_target *t = bpf_map_lookup_elem(&targets, &target);
	struct thread *th = thread_here();
	struct thread_search search;

	if (!t || !th || th->searches > 8)
		return 0;
	search.pointer = thread_pointer();
	search.id = t->layout.thread_id;
	search.next = t->layout.thread_next;
	search.state = read_word(t->interpreter + t->layout.interp_threads);
	bpf_loop(CPYTHON_THREADS, thread_look, &search, 0);
	if (!search.state || read_word(search.state + search.id) != search.pointer) {
		th->searches++;
		return 0;
	}
	th->state = search.state;
	return 1;
}

/* Adds up to `frames` running Python frames, the innermost first. */
__noinline int callers(uint32_t slot, uint32_t frames)
{
	struct scratch *s = scratch_at(slot);
	struct thread *th = thread_here();
	struct cpython_target *t;
	struct cpython_layout *l;
	struct cpython_item *item;
	uint64_t frame;
	uint32_t i;

	if (!s || !th)
		return 0;
	t = target_of(s);
	if (!t)
		return 0;
	if (!th->state && !thread_find(s->target))
		return 0;
	l = &t->layout;
	frame = read_word(th->state + l->thread_frame);
	if (l->thread_frame_indirect)
		frame = read_word(frame + l->cframe_frame);
	s->caller_self = s->caller_frame = 0;
	for (i = 0; i < 8; i++) {
		if (i >= frames || !frame)
			break;
		item = item_add(s, CPYTHON_ITEM_CALLER);
		if (!item)
			break;
		item->index = i;
		item->b = read_word(frame + l->frame_code) & ~(uint64_t)l->tag_mask;
		code_note(slot, item->b, code_head(l, item->b));
		if (l->frame_apart)
			item->offset = 2 * read_half(frame + l->frame_instr);
		else
			item->offset = read_word(frame + l->frame_instr) - item->b - l->code_bytes;
		item->a = frame;
		item->c = read_word(frame + l->frame_locals) & ~(uint64_t)l->tag_mask;
		if (!i) {
			s->caller_self = item->c;
			s->caller_frame = frame;
		}
		frame = read_word(frame + l->frame_previous);
	}
	return 0;
}

/* The step that executes on the thread, innermost first; 0: none does. */
static __always_inline const struct step *step_current(const struct thread *th,
                                                       const struct cpython_target *t)
{
	uint32_t depth = th->depth, i;

	if (depth > CPYTHON_STACK || th->epoch != t->epoch)
		return 0;
	for (i = 0; i < CPYTHON_STACK && depth; i++, depth--) {
		const struct step *step = &th->steps[unchecked(depth - 1) & (CPYTHON_STACK - 1)];

		if (step_executes(&t->layout, step))
			return step;
	}
	return 0;
}

/* The task whose step runs on this thread now, 0: a plain callback, or no loop at all. Steps that
 * were nested in it and have ended may still stand above it. */
static __always_inline void fact_current(struct scratch *s, const struct thread *th,
                                         const struct cpython_target *t)
{
	const struct step *step = step_current(th, t);

	if (!step)
		return;
	s->fact.task = step->task;
	s->fact.coro = step->coro;
}

#endif
