/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython.bpf.c - facts about the tasks of a CPython asyncio program: the probes.
 *
 * One plain uprobe at the task step does the work ("deferred" mode): when task
 * B is entered, the step of the task entered before it on this thread has
 * ended, B has not run one bytecode yet, and the chain of the other cannot
 * change. So its suspension is read here, completely and consistently. The
 * last task before the loop goes to sleep is settled at the system call it
 * sleeps in. No uretprobe: they kill targets that switch stacks (greenlet).
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

typedef __u8 uint8_t;
typedef __u16 uint16_t;
typedef __u32 uint32_t;
typedef __u64 uint64_t;
typedef __s8 int8_t;
typedef __s32 int32_t;
typedef __s64 int64_t;
#include "cpython_caller.bpf.h"
#include "cpython_owner.bpf.h"
#include "cpython_step.bpf.h"
#include "cpython_test.bpf.h"
#include "cpython_wake.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * Stops a target that the session started, and says so. In this order: it stops on its way out of
 * here, and whoever is told lets it go on at once, maybe before that.
 */
static __always_inline void stop_here(struct scratch *s, uint32_t flags)
{
	enum { STOP = 19 }; /* SIGSTOP */

	fact_begin(s, CPYTHON_FACT_LOAD, bpf_get_current_pid_tgid());
	s->fact.number = 0;
	s->fact.flags = flags;
	bpf_send_signal(STOP);
	bpf_ringbuf_output(&ring, &s->fact, sizeof(s->fact), BPF_RB_FORCE_WAKEUP);
}

/*
 * An extension module is being made from the PyModuleDef in the first argument.
 * Sleepable: nobody may have touched the pages of its name yet.
 */
SEC("uprobe.s")
int module_load(struct pt_regs *ctx)
{
	static const char wanted[] = "_asyncio";
	uint64_t definition = PT_REGS_PARM1(ctx), name = 0;
	uint32_t *target = process_get(bpf_get_current_pid_tgid()), i;
	char text[sizeof(wanted)] = {};
	struct scratch *s;
	int slot;

	if (!target ||
	    bpf_copy_from_user(&name, sizeof(name), (void *)(definition + 40)) || /* m_name */
	    bpf_copy_from_user(text, sizeof(text), (void *)name))
		return 0;
	for (i = 0; i < sizeof(wanted); i++)
		if (text[i] != wanted[i])
			return 0;
	slot = scratch_claim(*target);
	if (slot < 0)
		return 0;
	s = scratch_at(slot);
	if (!s)
		return 0;
	stop_here(s, 0);
	scratch_release(s);
	return 0;
}

/*
 * Py_FinalizeEx: soon the code objects that facts refer to are no more, so the session is woken to
 * read them now.
 */
SEC("uprobe")
int interpreter_end(struct pt_regs *ctx)
{
	uint64_t tgid_tid = bpf_get_current_pid_tgid();
	uint32_t *target = process_get(tgid_tid);
	struct scratch *s;
	int slot;

	if (!target)
		return 0;
	slot = scratch_claim(*target);
	if (slot < 0)
		return 0;
	s = scratch_at(slot);
	if (!s)
		return 0;
	fact_begin(s, CPYTHON_FACT_END, tgid_tid);
	s->fact.number = 0;
	bpf_ringbuf_output(&ring, &s->fact, sizeof(s->fact), BPF_RB_FORCE_WAKEUP);
	scratch_release(s);
	return 0;
}

SEC("uprobe")
int task_step(struct pt_regs *ctx)
{
	uint64_t tgid_tid = bpf_get_current_pid_tgid();
	uint64_t first, second, third;
	uint32_t *target = process_get(tgid_tid);
	struct cpython_target *t;
	struct scratch *s;
	int slot;

	if (!target)
		return 0;
	count(CPYTHON_COUNT_HITS);
	t = bpf_map_lookup_elem(&targets, target);
	if (!t)
		return 0;
	slot = scratch_claim(*target);
	if (slot < 0) {
		fact_lose(tgid_tid);
		return 0;
	}
	s = scratch_at(slot);
	if (s && t->starting) {
		t->starting = 0;
		stop_here(s, CPYTHON_ENTER_FIRST);
	}
	/* Read before the choice: clang would add to the context pointer. */
	first = unchecked(PT_REGS_PARM1(ctx));
	second = unchecked(PT_REGS_PARM2(ctx));
	third = unchecked(PT_REGS_PARM3(ctx));
	if (t->layout.task_argument)
		step_enter(slot, second, third);
	else
		step_enter(slot, first, second);
	if (s)
		scratch_release(s);
	return 0;
}

/*
 * The thread goes to sleep in a system call, whichever: the step on top of its stack has ended,
 * unless it executes. In a page fault or when it is stopped, a thread may sleep while a step is
 * about to begin.
 * sched_switch(preempt, prev, next, prev_state), called while prev still runs. This costs system
 * calls nothing; their own tracepoints slow all of them down.
 */
SEC("raw_tracepoint/sched_switch")
int idle(struct bpf_raw_tracepoint_args *ctx)
{
	uint64_t tgid_tid = bpf_get_current_pid_tgid();
	const struct pt_regs *registers;
	struct cpython_target *t;
	struct thread *th;
	struct scratch *s;
	uint32_t *target;
	int slot;

	if (ctx->args[0] || !ctx->args[3]) /* it is only made to wait for the CPU */
		return 0;
	th = thread_here();
	if (!th || !th->depth)
		return 0;
	registers = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	if ((int64_t)registers->orig_rax < 0)
		return 0;
	target = process_get(tgid_tid);
	if (!target)
		return 0;
	t = bpf_map_lookup_elem(&targets, target);
	if (!t || th->tgid != tgid_tid >> 32 || th->epoch != t->epoch)
		return 0;
	if (top_executes(th, t)) /* it blocks its loop, and goes on */
		return 0;
	slot = scratch_claim(*target);
	if (slot < 0) {
		fact_lose(tgid_tid);
		return 0;
	}
	s = scratch_at(slot);
	if (!s)
		return 0;
	settle_all(slot, s, th, t, tgid_tid, 0);
	scratch_release(s);
	return 0;
}

/* Loses a fact that is told of a step, if one executes here. */
__noinline int current_lose(uint32_t target)
{
	struct cpython_target *t = bpf_map_lookup_elem(&targets, &target);
	struct thread *th = thread_here();

	if (t && th && step_current(th, t))
		fact_lose(bpf_get_current_pid_tgid());
	return 0;
}

/* `with` is about to enter `object`: tells it when it is a lock, or of a type not known yet. */
__noinline int take(uint32_t slot, uint64_t object)
{
	uint64_t tgid_tid = bpf_get_current_pid_tgid(), lock;
	struct scratch *s = scratch_at(slot);
	struct cpython_type_value *how;
	struct cpython_target *t;
	struct cpython_item *item;
	struct thread *th;
	uint64_t type;

	if (!s)
		return 0;
	t = target_of(s);
	if (!t)
		return 0;
	type = read_word(object + 8);
	how = type_how(&t->layout, s->target, type);
	if (!how && type_learn(slot, type))
		how = type_how(&t->layout, s->target, type);
	if (how && how->state == CPYTHON_STATE_NONE)
		return 0;
	th = thread_get(tgid_tid);
	if (!th)
		return 0;
	fact_begin(s, CPYTHON_FACT_TAKE, tgid_tid);
	fact_current(s, th, t);
	if (!s->fact.task)
		return 0; /* a plain thread, or a callback between steps */
	item = item_add(s, CPYTHON_ITEM_OBJECT);
	if (item) {
		item->a = object;
		item->b = type;
	}
	if (item && !how) {
		item->c = read_word(type + t->layout.cached_keys - 8);
		item->d = read_word(type + t->layout.type_dict);
	}
	callers(slot, 2);
	if (how) {
		lock = lock_inner(&t->layout, how, object);
		if (lock) {
			type = read_word(lock + 8);
			lock_state(slot, lock, type);
			watch_add(lock, type);
			s->fact.flags |=
				owner_note(slot, lock, object, s->caller_self, s->caller_frame);
		}
	}
	fact_send(s, th);
	return 0;
}

/* No scratch area is free: loses the fact, if take() would have told one. */
__noinline int take_lose(uint32_t target, uint64_t object)
{
	struct cpython_type_key key = {.type = read_word(object + 8), .target = target};
	struct cpython_type_value *how = bpf_map_lookup_elem(&types, &key);

	if (!how || how->state != CPYTHON_STATE_NONE)
		current_lose(target);
	return 0;
}

static __always_inline int take_probe(uint64_t object)
{
	return FACT_PROBE(take(slot, object), take_lose(*target, object));
}

/* At a call of _PyObject_LookupSpecial with the name of an exit method. */
SEC("uprobe")
int with_enter(struct pt_regs *ctx)
{
	return take_probe(PT_REGS_PARM1(ctx));
}

/* At any call of it: the name decides. */
SEC("uprobe")
int with_enter_named(struct pt_regs *ctx)
{
	uint32_t *target = process_get(bpf_get_current_pid_tgid());
	uint64_t name = PT_REGS_PARM2(ctx);
	struct cpython_target *t;

	if (!target)
		return 0;
	t = bpf_map_lookup_elem(&targets, target);
	if (!t || (name != t->exit_name && name != t->async_exit_name))
		return 0;
	return take_probe(PT_REGS_PARM1(ctx));
}

/* At a call of _PyObject_LookupSpecialMethod(name, stack): 3.14 and newer. */
SEC("uprobe")
int with_enter_method(struct pt_regs *ctx)
{
	uint32_t *target = process_get(bpf_get_current_pid_tgid());
	uint64_t name = PT_REGS_PARM1(ctx), stack = PT_REGS_PARM2(ctx);
	struct cpython_target *t;

	if (!target)
		return 0;
	t = bpf_map_lookup_elem(&targets, target);
	if (!t || (name != t->exit_name && name != t->async_exit_name))
		return 0;
	return take_probe(read_word(stack + 8) & ~(uint64_t)t->layout.tag_mask);
}

/* A task is being made: Task.__init__(self, ...). */
__noinline int make(uint32_t slot, uint64_t task)
{
	uint64_t tgid_tid = bpf_get_current_pid_tgid();
	struct scratch *s = scratch_at(slot);
	struct cpython_target *t;
	struct cpython_item *item;
	struct thread *th;

	if (!s)
		return 0;
	t = target_of(s);
	th = thread_get(tgid_tid);
	if (!t || !th)
		return 0;
	fact_begin(s, CPYTHON_FACT_NEW, tgid_tid);
	fact_current(s, th, t);
	item = item_add(s, CPYTHON_ITEM_OBJECT);
	if (item)
		item->a = task;
	callers(slot, 6);
	fact_send(s, th);
	return 0;
}

SEC("uprobe")
int task_new(struct pt_regs *ctx)
{
	uint64_t task = PT_REGS_PARM1(ctx);

	return FACT_PROBE(make(slot, task), fact_lose(bpf_get_current_pid_tgid()));
}

/* An await expression is about to run on `object`. */
__noinline int await_object(uint32_t slot, uint64_t object)
{
	uint64_t tgid_tid = bpf_get_current_pid_tgid();
	struct scratch *s = scratch_at(slot);
	struct cpython_target *t;
	struct cpython_item *item;
	struct thread *th;
	uint64_t type;

	if (!s)
		return 0;
	t = target_of(s);
	th = thread_get(tgid_tid);
	if (!t || !th)
		return 0;
	fact_begin(s, CPYTHON_FACT_AWAIT, tgid_tid);
	fact_current(s, th, t);
	if (!s->fact.task)
		return 0;
	type = read_word(object + 8);
	item = item_add(s, CPYTHON_ITEM_OBJECT);
	if (item) {
		item->a = object;
		item->b = type;
	}
	if (type == t->coroutine && acquire_state(slot, object))
		callers(slot, 5);
	else
		callers(slot, 1);
	fact_send(s, th);
	return 0;
}

SEC("uprobe")
int await_enter(struct pt_regs *ctx)
{
	uint64_t object = PT_REGS_PARM1(ctx);

	return FACT_PROBE(await_object(slot, object), current_lose(*target));
}

static __always_inline int wake_probe(uint64_t callback, uint64_t future)
{
	return FACT_PROBE(wake(slot, callback, future), wake_lose(*target, callback, future));
}

/* At a call of PyObject_Vectorcall(loop.call_soon, arguments, ...), or of what that calls: until
 * 3.11. */
SEC("uprobe")
int wake_call(struct pt_regs *ctx)
{
	uint64_t arguments = PT_REGS_PARM2(ctx);

	return wake_probe(read_word(arguments), read_word(arguments + 8));
}

/* At a call of PyObject_VectorcallMethod("call_soon", loop and arguments, ...): 3.12 and newer. */
SEC("uprobe")
int wake_method(struct pt_regs *ctx)
{
	uint64_t arguments = PT_REGS_PARM2(ctx) + 8;

	return wake_probe(read_word(arguments), read_word(arguments + 8));
}

/* At setenv(name, value, 1) and unsetenv(name) of the C library. */
SEC("uprobe")
int test_begin(struct pt_regs *ctx)
{
	uint64_t name = PT_REGS_PARM1(ctx), value = PT_REGS_PARM2(ctx);

	return test_probe(name, value);
}

SEC("uprobe")
int test_end(struct pt_regs *ctx)
{
	return test_probe(PT_REGS_PARM1(ctx), 0);
}
