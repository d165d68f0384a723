/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_fact.bpf.h - a fact is begun, numbered and sent; the thread and the scratch it needs.
 */
#ifndef CPYTHON_FACT_BPF_H
#define CPYTHON_FACT_BPF_H

#include "cpython_read.bpf.h"

static __always_inline void fact_begin(struct scratch *s, uint32_t kind, uint64_t tgid_tid)
{
	s->fact.kind = kind;
	s->fact.count = 0;
	s->fact.pid = tgid_tid >> 32;
	s->fact.tid = (uint32_t)tgid_tid;
	s->fact.time = s->now;
	s->fact.task = s->fact.coro = 0;
	s->fact.last = s->fact.last_coro = s->fact.last_entered = 0;
	s->fact.flags = 0;
	s->fact.settled = 0;
	s->fact.outcome = 0;
	s->fact.pushed = s->fact.popped = 0;
}

static __always_inline void fact_send(struct scratch *s, struct thread *th)
{
	uint64_t count_now = unchecked(s->fact.count), size, flags = BPF_RB_NO_WAKEUP;

	/* Numbered before anything can be lost. */
	s->fact.number = th->number++;
	if (count_now > CPYTHON_ITEMS)
		count_now = CPYTHON_ITEMS;
	size = sizeof(struct cpython_fact) + count_now * sizeof(struct cpython_item);
	if (s->fact.flags & CPYTHON_ENTER_LOOP || /* it is to be told of that soon */
	    bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) > wake_bytes)
		flags = BPF_RB_FORCE_WAKEUP;
	if (bpf_ringbuf_output(&ring, &s->fact, size, flags))
		count(CPYTHON_COUNT_FULL);
}

static __always_inline struct thread *thread_get(uint64_t tgid_tid)
{
	struct thread *th = bpf_task_storage_get(&threads, bpf_get_current_task_btf(), 0,
	                                         BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (th)
		th->tgid = tgid_tid >> 32;
	else
		count(CPYTHON_COUNT_UNNUMBERED);
	return th;
}

/* A fact is not told, for no scratch area is free: its number is taken all the same. */
static __always_inline void fact_lose(uint64_t tgid_tid)
{
	struct thread *th = thread_get(tgid_tid);

	if (!th)
		return;
	th->number++;
	count(CPYTHON_COUNT_BUSY);
}

/* Claims a scratch area; -1: none is free, and the caller sees to it that what is not told then is
 * numbered (fact_lose). */
static __always_inline int scratch_claim(uint32_t target)
{
	int fails = scratch_fails && __sync_fetch_and_add(&scratch_claims, 1) % scratch_fails == 0;
	uint32_t cpu = bpf_get_smp_processor_id(), i;

	for (i = 0; i < 4 && !fails; i++) {
		uint32_t slot = (cpu + i * 61) & (SCRATCHES - 1);
		struct scratch *s = scratch_at(slot);

		if (s && !__sync_val_compare_and_swap(&s->busy, 0, 1)) {
			s->target = target;
			s->now = bpf_ktime_get_ns();
			s->tgid_tid = bpf_get_current_pid_tgid();
			return slot;
		}
	}
	count(CPYTHON_COUNT_DENIED);
	return -1;
}

static __always_inline void scratch_release(struct scratch *s)
{
	__sync_lock_test_and_set(&s->busy, 0);
}

/*
 * What a probe does that reports one fact: counts its hit, claims a scratch area, fills it in with
 * `told` and gives it back, or does `lost` where none is free. The two see `slot` and `target`. The
 * value is 0.
 */
#define FACT_PROBE(told, lost)                                                                     \
	({                                                                                         \
		uint32_t *target = process_get(bpf_get_current_pid_tgid());                        \
		struct scratch *scratch;                                                           \
		int slot;                                                                          \
                                                                                                   \
		if (target) {                                                                      \
			count(CPYTHON_COUNT_HITS);                                                 \
			slot = scratch_claim(*target);                                             \
			if (slot < 0) {                                                            \
				lost;                                                              \
			} else {                                                                   \
				told;                                                              \
				scratch = scratch_at(slot);                                        \
				if (scratch)                                                       \
					scratch_release(scratch);                                  \
			}                                                                          \
		}                                                                                  \
		0;                                                                                 \
	})

static __always_inline int generator_state(const struct cpython_layout *l, uint64_t generator)
{
	int8_t state = 0;

	if (l->frame_apart) {
		generator = read_word(generator + l->gen_frame);
		if (!generator) /* it has ended */
			return l->state_locked;
	}
	bpf_probe_read_user(&state, sizeof(state), (void *)(generator + l->gen_state));
	return state;
}

/*
 * Does the step of a task whose coroutine is in `state` go on? Also while that coroutine, which has
 * returned, lets go of its locals: they may have finalizers (CPython clears the frame before it
 * tells the task; the states behind "executing" are those of a frame that has ended, in each
 * version: pycore_frame.h). A task that had suspended, and whose coroutine was then closed by hand,
 * awaits something; after a bare yield it does not, and is taken for one that goes on.
 */
static __always_inline int state_goes_on(const struct cpython_layout *l, uint64_t task, int state)
{
	return state == l->state_executing ||
	       (state > l->state_executing && !(read_half(task + l->future_state) & 0xff) &&
	        !read_word(task + l->task_waiter));
}

/* Is a step under way, whether or not others are nested in it? */
static __always_inline int step_executes(const struct cpython_layout *l, const struct step *step)
{
	return read_word(step->task + l->task_coro) == step->coro &&
	       state_goes_on(l, step->task, generator_state(l, step->coro));
}

/* Likewise the one on top of the thread's stack. */
static __always_inline int top_executes(const struct thread *th, const struct cpython_target *t)
{
	uint32_t depth = th->depth;

	return depth && depth <= CPYTHON_STACK &&
	       step_executes(&t->layout, &th->steps[unchecked(depth - 1) & (CPYTHON_STACK - 1)]);
}

static __noinline void known_set(uint32_t tgid, uint64_t task, uint64_t coro, uint64_t epoch)
{
	struct known_key key = {task, tgid};
	struct known known = {coro, epoch};

	bpf_map_update_elem(&known_tasks, &key, &known, BPF_ANY);
}

static __noinline struct known *known_get(uint64_t task, uint64_t tgid_tid)
{
	struct known_key key = {task, tgid_tid >> 32};

	return bpf_map_lookup_elem(&known_tasks, &key);
}

static __always_inline uint32_t *process_get(uint64_t tgid_tid)
{
	uint32_t tgid = tgid_tid >> 32;

	return bpf_map_lookup_elem(&processes, &tgid);
}

#endif
