/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_caller.bpf.h - the Python frames that run on this thread, and the task whose step that
 * is.
 */
#ifndef CPYTHON_CALLER_BPF_H
#define CPYTHON_CALLER_BPF_H

#include "cpython_define.bpf.h"

/* Finds the thread's PyThreadState in the interpreter's list (the GIL is held: it is stable). */
__noinline int thread_find(uint32_t target)
{
	struct cpython_target *t = bpf_map_lookup_elem(&targets, &target);
	struct thread *th = thread_here();
	uint64_t pointer = thread_pointer(), state;
	uint32_t i;

	if (!t || !th || th->searches > 8)
		return 0;
	state = read_word(t->interpreter + t->layout.interp_threads);
	for (i = 0; i < 128 && state; i++) {
		if (read_word(state + t->layout.thread_id) == pointer) {
			th->state = state;
			return 1;
		}
		state = read_word(state + t->layout.thread_next);
	}
	th->searches++;
	return 0;
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
