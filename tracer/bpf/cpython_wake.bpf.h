/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_wake.bpf.h - a future is done, and a task that awaits it is made ready.
 *
 * asyncio's C code says so by calling loop.call_soon(task.__wakeup, future,
 * context=...), whatever the loop is (Modules/_asynciomodule.c, call_soon and
 * future_schedule_callbacks).
 */
#ifndef CPYTHON_WAKE_BPF_H
#define CPYTHON_WAKE_BPF_H

#include "cpython_caller.bpf.h"
#include "cpython_step.bpf.h"

enum { WAKE_CALLERS = 3, BUILTIN_SELF = 24 /* PyCFunctionObject.m_self */ };

/* The task that a call of call_soon(callback, future) makes ready, 0: it is some other callback. */
static __always_inline uint64_t woken_task(const struct cpython_target *t, uint64_t callback,
                                           uint64_t future)
{
	uint64_t task;

	if (!callback || !future || read_word(callback + 8) != t->builtin)
		return 0;
	task = read_word(callback + BUILTIN_SELF);
	/* a task awaits this future until its next step begins */
	return task && read_word(task + t->layout.task_waiter) == future ? task : 0;
}

/* No scratch area is free: loses the fact, if wake() would tell one. */
__noinline int wake_lose(uint32_t target, uint64_t callback, uint64_t future)
{
	struct cpython_target *t = bpf_map_lookup_elem(&targets, &target);

	if (t && woken_task(t, callback, future))
		fact_lose(bpf_get_current_pid_tgid());
	return 0;
}

/* call_soon(callback, future) is called. */
__noinline int wake(uint32_t slot, uint64_t callback, uint64_t future)
{
	uint64_t tgid_tid = bpf_get_current_pid_tgid(), task;
	struct scratch *s = scratch_at(slot);
	struct cpython_target *t;
	struct cpython_item *item;
	struct thread *th;

	if (!s)
		return 0;
	t = target_of(s);
	if (!t)
		return 0;
	task = woken_task(t, callback, future);
	if (!task)
		return 0;
	th = thread_get(tgid_tid);
	if (!th)
		return 0;
	fact_begin(s, CPYTHON_FACT_WAKE, tgid_tid);
	fact_current(s, th, t);
	/* a callback runs, or the step is at its end: it is settled before this is told */
	if (!s->fact.task && th->depth && th->epoch == t->epoch) {
		settle_all(slot, s, th, t, tgid_tid, 1);
		fact_begin(s, CPYTHON_FACT_WAKE, tgid_tid);
		cells_look(slot);
		settle(slot, s, th, t);
	}
	item = item_add(s, CPYTHON_ITEM_WAKE);
	if (item) {
		item->a = task;
		item->b = read_word(task + t->layout.task_coro);
		item->c = future;
		item->state = (int8_t)read_half(future + t->layout.future_state);
	}
	callers(slot, WAKE_CALLERS);
	fact_send(s, th);
	return 0;
}

#endif
