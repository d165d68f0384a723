// SPDX-License-Identifier: BSD-2-Clause
/*
 * usdt.bpf.c - fine-grained probes: one program for every awaitness:KIND.
 *
 * For a runtime that only carries probe.h. All its probes have the same
 * arguments (task, object, arg, site); which kind it is, is the cookie given
 * when attaching. Each hit is one record, numbered here, per thread, before
 * room for it is asked for: what is dropped leaves a gap in the numbers.
 */
#include "shipment.bpf.h"

/* The current thread's entry, made at its first hit. */
static __always_inline struct shipment_thread *thread_get(uint32_t tid)
{
	struct shipment_thread *thread = bpf_map_lookup_elem(&threads, &tid);

	return thread ? thread : thread_remember(tid, 0, 0);
}

static __always_inline void event_fill(struct aw_event *event, struct pt_regs *ctx)
{
	long task, object, arg, site;

	bpf_usdt_arg(ctx, 0, &task);
	bpf_usdt_arg(ctx, 1, &object);
	bpf_usdt_arg(ctx, 2, &arg);
	bpf_usdt_arg(ctx, 3, &site);
	event->time = bpf_ktime_get_ns();
	event->kind = bpf_usdt_cookie(ctx);
	event->task = task;
	event->object = object;
	event->arg = arg;
	event->site = site;
}

/* Hands over one record with the next number of the thread. */
static __always_inline void record_take(struct pt_regs *ctx, uint32_t tid)
{
	struct shipment_thread *thread = thread_get(tid);
	struct shipment *shipment;
	struct aw_event *event;
	uint64_t number;

	if (!thread) {
		count(SHIPMENT_UNNUMBERED, 1);
		return;
	}
	number = thread->next++;
	shipment = bpf_ringbuf_reserve(&ring, sizeof(*shipment) + sizeof(*event), 0);
	if (!shipment) {
		count(SHIPMENT_RING_FULL, 1);
		count(SHIPMENT_LOST, 1);
		return;
	}
	shipment->generation = thread->generation;
	shipment->begin = thread->begin;
	shipment->ended = 0;
	shipment->drained = 0;
	shipment->batch.magic = AW_BATCH_MAGIC;
	shipment->batch.count = 1;
	shipment->batch.pid = target_tgid;
	shipment->batch.tid = tid;
	shipment->batch.first = number;
	event = (struct aw_event *)(shipment + 1);
	event_fill(event, ctx);
	shipment->batch.time = event->time;
	bpf_ringbuf_submit(shipment, BPF_RB_NO_WAKEUP);
}

SEC("usdt")
int probe_hit(struct pt_regs *ctx)
{
	uint32_t tid = target_enter();

	if (!tid)
		return 0;
	count(SHIPMENT_HITS, 1);
	record_take(ctx, tid);
	return target_leave();
}

/* Only forgets the thread: nothing is kept back in a target without a log. */
SEC("raw_tp/sched_process_exit")
int thread_gone(void *ctx)
{
	uint32_t tid = target_enter();
	struct shipment_thread *thread;

	if (!tid)
		return 0;
	thread = bpf_map_lookup_elem(&threads, &tid);
	if (thread)
		thread_end(tid, thread);
	return target_leave();
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
