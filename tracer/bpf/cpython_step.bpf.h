/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_step.bpf.h - a step begins, and with that the one before it on this thread has ended.
 */
#ifndef CPYTHON_STEP_BPF_H
#define CPYTHON_STEP_BPF_H

#include "cpython_cells.bpf.h"
#include "cpython_chain.bpf.h"
#include "cpython_fact.bpf.h"
#include "cpython_owner.bpf.h"
#include "cpython_queue.bpf.h"

/*
 * How has the step of the task on top of the thread's stack ended? Returns 0 when there is none, or
 * it still executes: what comes now is nested in it.
 */
__noinline int step_outcome(uint32_t slot)
{
	struct scratch *s = scratch_at(slot);
	struct thread *th = thread_here();
	struct cpython_target *t;
	struct cpython_layout *l;
	struct step *step;
	uint32_t depth;
	int state;

	if (!s || !th)
		return 0;
	t = target_of(s);
	if (!t)
		return 0;
	l = &t->layout;
	depth = th->depth;
	if (!depth || depth > CPYTHON_STACK)
		return 0;
	step = &th->steps[unchecked(depth - 1) & (CPYTHON_STACK - 1)];
	if (read_word(step->task + l->task_coro) != step->coro) {
		s->fact.settled = CPYTHON_SETTLED_GONE;
	} else if (read_half(step->task + l->future_state)) {
		s->fact.settled = CPYTHON_SETTLED_DONE;
		s->fact.outcome = read_half(step->task + l->future_state) & 0xff;
		if (read_word(step->task + l->future_exception))
			s->fact.outcome |= 0x100;
	} else {
		state = generator_state(l, step->coro);
		if (state_goes_on(l, step->task, state)) {
			s->fact.flags |= CPYTHON_ENTER_NESTED;
			s->fact.last = step->task;
			s->fact.last_coro = step->coro;
			return 0;
		}
		s->fact.settled = state == l->state_created ? CPYTHON_SETTLED_GONE
		                                            : CPYTHON_SETTLED_SUSPENDED;
	}
	s->fact.last = step->task;
	s->fact.last_coro = step->coro;
	s->fact.last_entered = step->entered;
	if (s->fact.settled == CPYTHON_SETTLED_SUSPENDED && !step->known)
		known_set(th->tgid, step->task, step->coro, t->epoch);
	th->depth = depth - 1;
	return s->fact.settled;
}

/* A step has ended: reads the state of the locks that the thread watches. */
static __noinline void watch_read(uint32_t slot, struct thread *th)
{
	uint32_t j;

	for (j = 0; j < CPYTHON_WATCH; j++) {
		struct watched *watched = &th->watch[j];

		if (!watched->lock)
			continue;
		watched->state = lock_state(slot, watched->lock, watched->type);
		if (watched->state == CPYTHON_LOCK_GONE)
			watched->lock = 0;
	}
}

/*
 * Settles the task on top of the thread's stack: tells how its step ended. A
 * task that still executes stays. What is done for that is called from here,
 * one after the other: all that is called within each other shares 512 bytes of
 * stack.
 */
static __always_inline int settle(uint32_t slot, struct scratch *s, struct thread *th,
                                  const struct cpython_target *t)
{
	int settled = step_outcome(slot);

	if (!settled)
		return 0;
	if (settled == CPYTHON_SETTLED_SUSPENDED) {
		walk(slot, s->fact.last, s->fact.last_coro);
		if (!t->detail)
			exits_note(slot);
		if (t->cells)
			cells_arm(slot, s->fact.last);
	}
	if (t->detail >= 1)
		watch_read(slot, th);
	return 1;
}

/*
 * Tells of the steps that have ended on this thread, but for `keep` of them, in facts of their own.
 * There is more than one when the innermost was nested: it had ended before the one around it.
 */
static __always_inline void settle_all(uint32_t slot, struct scratch *s, struct thread *th,
                                       const struct cpython_target *t, uint64_t tgid_tid,
                                       uint32_t keep)
{
	uint32_t i;

	for (i = 0; i < CPYTHON_STACK; i++) {
		int settled;

		if (th->depth <= keep)
			break;
		fact_begin(s, CPYTHON_FACT_IDLE, tgid_tid);
		cells_look(slot);
		settled = settle(slot, s, th, t);
		if (settled || s->fact.count)
			fact_send(s, th);
		if (!settled)
			break;
	}
}

/* Adds the task's name, at most 64 bytes of it. */
__noinline int task_name(uint32_t slot, uint64_t task)
{
	struct scratch *s = scratch_at(slot);
	struct cpython_target *t;
	struct cpython_item *item;
	uint64_t name, length, data;
	uint32_t state, i, kind;

	if (!s)
		return 0;
	t = target_of(s);
	if (!t)
		return 0;
	name = read_word(task + t->layout.task_name);
	if (!name)
		return 0;
	if (read_word(name + 8) != t->str) {
		/* 3.13+: an int stands for "Task-N" until somebody asks */
		item = item_add(s, CPYTHON_ITEM_NUMBER);
		if (item)
			item->a = read_half(name + 24);
		return 0;
	}
	length = read_word(name + 16);
	state = read_half(name + 32);
	kind = state >> 2 & 7; /* bytes of a character */
	data = name + (state >> 6 & 1 ? t->layout.str_ascii : t->layout.str_compact);
	length *= kind;
	for (i = 0; i < 2; i++) {
		uint64_t part = unchecked(length > 32 ? 32 : length);

		if (!part)
			break;
		item = item_add(s, CPYTHON_ITEM_NAME);
		if (!item)
			break;
		if (part > 32)
			break;
		item->state = part;
		item->index = kind;
		bpf_probe_read_user(&item->a, part, (void *)(data + 32 * i));
		length -= part;
	}
	return 0;
}

/*
 * A coroutine that has not begun: adds its code, and, when its first local is a
 * lock (it may be Lock.acquire), the state of that. Returns 1 if it is one.
 */
__noinline int acquire_state(uint32_t slot, uint64_t coro)
{
	struct scratch *s = scratch_at(slot);
	struct thread *th = thread_here();
	struct cpython_type_value *how;
	struct cpython_layout *l;
	struct cpython_target *t;
	struct cpython_item *item;
	uint64_t self, lock, frame, type;

	if (!s || !th)
		return 0;
	t = target_of(s);
	if (!t)
		return 0;
	l = &t->layout;
	frame = generator_frame(l, coro);
	self = read_word(frame + l->frame_locals) & ~(uint64_t)l->tag_mask;
	item = item_add(s, CPYTHON_ITEM_CODE);
	if (!item)
		return 0;
	item->a = coro;
	item->b = read_word(frame + l->frame_code) & ~(uint64_t)l->tag_mask;
	code_note(slot, item->b, code_head(l, item->b));
	item->c = self;
	if (!self || t->detail < 1)
		return 0;
	type = read_word(self + 8);
	how = type_how(l, s->target, type);
	if (!how && type_learn(slot, type))
		how = type_how(l, s->target, type);
	if (!how || how->state == CPYTHON_STATE_NONE)
		return 0;
	lock = lock_inner(l, how, self);
	if (!lock)
		return 0;
	item->d = lock;
	type = read_word(lock + 8);
	lock_state(slot, lock, type);
	watch_add(lock, type);
	return 1;
}

/* A task suspended before anybody watched (or behind our back) is told before it goes on. */
static __always_inline void step_late(uint32_t slot, struct scratch *s, struct thread *th,
                                      uint64_t tgid_tid, uint64_t task, uint64_t coro)
{
	fact_begin(s, CPYTHON_FACT_LATE, tgid_tid);
	s->fact.task = task;
	s->fact.coro = coro;
	task_name(slot, task);
	walk(slot, task, coro);
	fact_send(s, th);
}

static __always_inline void step_push(struct thread *th, uint64_t task, uint64_t coro, int known,
                                      uint64_t now)
{
	uint32_t depth = th->depth;
	struct step *step;

	if (depth >= CPYTHON_STACK)
		depth = CPYTHON_STACK - 1; /* deeper than that: the innermost is replaced */
	step = &th->steps[unchecked(depth) & (CPYTHON_STACK - 1)];
	if (th->depth > depth) /* how the step of that one ends is not told */
		known_set(th->tgid, step->task, step->coro, 0);
	step->known = known;
	step->task = task;
	step->coro = coro;
	step->entered = now;
	th->depth = depth + 1;
}

/* CPYTHON_ENTER_* of a step that is about to begin. */
static __always_inline uint32_t step_flags(const struct cpython_layout *l, uint64_t task,
                                           uint64_t coro, uint64_t exception)
{
	uint32_t flags = generator_state(l, coro) == l->state_created ? CPYTHON_ENTER_FIRST : 0;

	if (exception || read_half(task + l->task_must_cancel) >> (l->must_cancel_bit & 7) & 1)
		flags |= CPYTHON_ENTER_EXCEPTION;
	return flags;
}

__noinline int step_enter(uint32_t slot, uint64_t task, uint64_t exception)
{
	struct scratch *s = scratch_at(slot);
	struct cpython_target *t;
	struct known *known;
	struct thread *th;
	uint64_t coro;
	uint32_t flags;
	int named;

	if (!s)
		return 0;
	th = thread_get(s->tgid_tid);
	t = target_of(s);
	if (!t || !th)
		return 0;
	if (th->epoch != t->epoch) { /* what was seen in another window is not known any more */
		th->epoch = t->epoch;
		th->depth = 0;
		cells_forget(th);
	}
	settle_all(slot, s, th, t, s->tgid_tid, 1);
	coro = read_word(task + t->layout.task_coro);
	flags = step_flags(&t->layout, task, coro, exception);
	known = known_get(task, s->tgid_tid);
	named = known && known->coro == coro && !(flags & CPYTHON_ENTER_FIRST);
	if (!(flags & CPYTHON_ENTER_FIRST) && !(named && known->epoch == t->epoch) &&
	    !(th->depth && th->steps[unchecked(th->depth - 1) & (CPYTHON_STACK - 1)].task == task))
		step_late(slot, s, th, s->tgid_tid, task, coro);
	if (named)
		known->epoch = t->epoch;
	fact_begin(s, CPYTHON_FACT_STEP, s->tgid_tid);
	s->fact.task = task;
	s->fact.coro = coro;
	s->fact.flags = flags;
	cells_look(slot);
	settle(slot, s, th, t);
	cells_run(th, task);
	if (t->queues)
		queue_read(s, th, t, task);
	if (!named)
		task_name(slot, task);
	if (flags & CPYTHON_ENTER_FIRST)
		acquire_state(slot, coro);
	step_push(th, task, coro, named, s->now);
	fact_send(s, th);
	return 0;
}

#endif
