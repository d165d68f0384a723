/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shipment.bpf.h - maps and few functions that log.bpf.c and usdt.bpf.c share.
 *
 * Each of the two is an object of its own, with its own copy of these maps; a
 * session loads one of them.
 */
#ifndef BPF_SHIPMENT_BPF_H
#define BPF_SHIPMENT_BPF_H

#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <linux/errno.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/usdt.bpf.h>

/* glibc's <stdint.h> does not compile for this machine without 32-bit headers. */
typedef __u8 uint8_t;
typedef __u16 uint16_t;
typedef __u32 uint32_t;
typedef __u64 uint64_t;
#define UINT64_MAX (~0ull)

#include <awaitness/event.h>
#include "shipment.h"

/* Set before loading. */
const volatile uint32_t target_tgid; /* in the namespace below */
const volatile uint64_t ns_dev;      /* pid namespace the ids are of; both 0: the initial one */
const volatile uint64_t ns_inode;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 << 20);
} ring SEC(".maps");

#include "ring_touch.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SHIPMENT_THREADS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, uint32_t);
	__type(value, struct shipment_thread);
} threads SEC(".maps");

uint64_t counters[SHIPMENT_COUNTERS];
uint64_t generations;
bool stopping;      /* set by user space: nothing more is taken */
uint64_t in_flight; /* programs running in threads of the target now */

static __always_inline void count(enum shipment_counter which, uint64_t by)
{
	__sync_fetch_and_add(&counters[which], by);
}

/* The current thread's id if it belongs to the target, else 0. */
static __always_inline uint32_t thread_id(void)
{
	struct bpf_pidns_info ids = {};
	uint64_t id;

	if (ns_inode) {
		if (bpf_get_ns_current_pid_tgid(ns_dev, ns_inode, &ids, sizeof(ids)))
			return 0;
		return ids.tgid == target_tgid ? ids.pid : 0;
	}
	id = bpf_get_current_pid_tgid();
	return id >> 32 == target_tgid ? (uint32_t)id : 0;
}

/* Begins a program: the current thread's id if it is the target's and taking goes on, else 0. When
 * user space has set `stopping` and then sees nothing in flight, whatever was begun is in the ring.
 * (The count is read back so that the addition is one with a full barrier on every machine.) */
static __always_inline uint32_t target_enter(void)
{
	uint32_t tid = thread_id();

	if (!tid)
		return 0;
	if (__sync_fetch_and_add(&in_flight, 1) < UINT64_MAX && !stopping)
		return tid;
	__sync_fetch_and_add(&in_flight, -1);
	return 0;
}

static __always_inline int target_leave(void)
{
	__sync_fetch_and_add(&in_flight, -1);
	return 0;
}

/* Remembers a thread under a new generation. Returns it, or NULL if there are too many. */
static __always_inline struct shipment_thread *thread_remember(uint32_t tid, uint64_t head,
                                                               uint64_t next)
{
	struct shipment_thread fresh = {.head = head, .next = next, .begin = next};

	fresh.generation = __sync_fetch_and_add(&generations, 1) + 1;
	if (bpf_map_update_elem(&threads, &tid, &fresh, BPF_ANY)) {
		count(SHIPMENT_UNKNOWN, 1);
		return NULL;
	}
	return bpf_map_lookup_elem(&threads, &tid);
}

/* Tells user space that the thread has ended and forgets it. If there is no room to tell, it stays
 * in the map, where user space finds its final number at the end. */
static __always_inline void thread_end(uint32_t tid, const struct shipment_thread *thread)
{
	struct shipment *shipment = bpf_ringbuf_reserve(&ring, sizeof(*shipment), 0);

	if (!shipment)
		return;
	shipment->generation = thread->generation;
	shipment->begin = thread->begin;
	shipment->ended = 1;
	shipment->drained = 0;
	shipment->batch.magic = AW_BATCH_MAGIC;
	shipment->batch.count = 0;
	shipment->batch.pid = target_tgid;
	shipment->batch.tid = tid;
	shipment->batch.first = thread->next;
	shipment->batch.time = bpf_ktime_get_ns();
	bpf_ringbuf_submit(shipment, BPF_RB_NO_WAKEUP);
	bpf_map_delete_elem(&threads, &tid);
}

#endif
