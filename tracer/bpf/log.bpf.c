// SPDX-License-Identifier: BSD-2-Clause
/*
 * log.bpf.c - takes the per-thread logs of our C runtime.
 *
 * A hit of awaitness:log_ship(head) copies the records [records, next) of the
 * thread's log into the ring buffer, in one piece. Log heads are remembered
 * per thread, so that a thread that dies has its unshipped records taken: each
 * thread takes its own, as the last thing it does, and user space trims what it
 * has already got by the records' numbers. So it does not matter if two of the
 * programs below see the same death.
 */
#include "shipment.bpf.h"

#define RECORD sizeof(struct aw_event)

/* The kernel has bpf_probe_read_user_dynptr: copy the exact size. */
const volatile bool use_dynptr;

extern int bpf_probe_read_user_dynptr(struct bpf_dynptr *dynptr, uint64_t offset, uint64_t size,
                                      const void *from) __ksym __weak;

/* Reads a log's head; false if it is none. */
static __always_inline bool head_read(struct aw_log_head *head, uint64_t address)
{
	uint64_t bytes;

	if (bpf_probe_read_user(head, sizeof(*head), (void *)address))
		return false;
	bytes = head->next - head->records;
	return head->magic == AW_LOG_MAGIC && bytes <= AW_LOG_BYTES && bytes % RECORD == 0;
}

static __always_inline void header_fill(struct shipment *shipment, const struct aw_log_head *head,
                                        uint32_t tid, const struct shipment_thread *thread,
                                        bool dying)
{
	shipment->generation = thread ? thread->generation : 0;
	shipment->begin = thread ? thread->begin : head->first;
	shipment->ended = 0;
	shipment->drained = dying;
	shipment->batch.magic = AW_BATCH_MAGIC;
	shipment->batch.count = (head->next - head->records) / RECORD;
	shipment->batch.pid = target_tgid;
	shipment->batch.tid = tid;
	shipment->batch.first = head->first;
	shipment->batch.time = bpf_ktime_get_ns();
}

/* Copies through a dynptr: the entry is as long as the records. Returns what to count, or -1. */
static __always_inline int copy_exact(const struct shipment *header, uint64_t from, uint64_t bytes)
{
	struct bpf_dynptr entry;
	int err = SHIPMENT_RING_FULL;

	if (bpf_ringbuf_reserve_dynptr(&ring, sizeof(*header) + bytes, 0, &entry))
		goto discard;
	err = SHIPMENT_UNREADABLE;
	if (bpf_dynptr_write(&entry, 0, (void *)header, sizeof(*header), 0))
		goto discard;
	if (bpf_probe_read_user_dynptr(&entry, sizeof(*header), bytes, (void *)from))
		goto discard;
	bpf_ringbuf_submit_dynptr(&entry, BPF_RB_NO_WAKEUP);
	return -1;
discard:
	bpf_ringbuf_discard_dynptr(&entry, BPF_RB_NO_WAKEUP);
	return err;
}

/* Copies into an entry of constant size: for kernels without the dynptr copy, which can only
 * reserve what the verifier knows. The barrier keeps clang from checking a copy of `bytes`. */
#define COPY_CLASS(room)                                                                           \
	static __always_inline int copy_##room(const struct shipment *header, uint64_t from,       \
	                                       uint64_t bytes)                                     \
	{                                                                                          \
		struct shipment *entry = bpf_ringbuf_reserve(&ring, sizeof(*entry) + (room), 0);   \
		if (!entry)                                                                        \
			return SHIPMENT_RING_FULL;                                                 \
		__builtin_memcpy(entry, header, sizeof(*entry));                                   \
		asm volatile("" : "+r"(bytes));                                                    \
		if (bytes > (room) || bpf_probe_read_user(entry + 1, bytes, (void *)from)) {       \
			bpf_ringbuf_discard(entry, BPF_RB_NO_WAKEUP);                              \
			return SHIPMENT_UNREADABLE;                                                \
		}                                                                                  \
		bpf_ringbuf_submit(entry, BPF_RB_NO_WAKEUP);                                       \
		return -1;                                                                         \
	}
COPY_CLASS(1024)
COPY_CLASS(8192)
COPY_CLASS(65536)
_Static_assert(AW_LOG_BYTES <= 65536, "the largest class holds a whole log");

static __always_inline int copy(const struct shipment *header, uint64_t from, uint64_t bytes)
{
	if (use_dynptr)
		return copy_exact(header, from, bytes);
	if (bytes <= 1024)
		return copy_1024(header, from, bytes);
	if (bytes <= 8192)
		return copy_8192(header, from, bytes);
	return copy_65536(header, from, bytes);
}

/* Takes the records of the log whose head is at `address`. */
static __always_inline void log_take(uint32_t tid, uint64_t address, bool dying)
{
	struct shipment_thread *thread;
	struct shipment header;
	struct aw_log_head head;
	uint64_t bytes;
	int lost;

	if (!head_read(&head, address)) {
		count(SHIPMENT_BAD_HEAD, 1);
		return;
	}
	thread = bpf_map_lookup_elem(&threads, &tid);
	if (!thread || thread->head != address)
		thread = thread_remember(tid, address, head.first);
	bytes = head.next - head.records;
	if (!bytes)
		return;
	header_fill(&header, &head, tid, thread, dying);
	if (thread)
		thread->next = head.first + header.batch.count;
	lost = copy(&header, head.records, bytes);
	if (lost == SHIPMENT_RING_FULL) {
		count(SHIPMENT_RING_FULL, 1);
		count(SHIPMENT_LOST, header.batch.count);
	} else if (lost == SHIPMENT_UNREADABLE) {
		count(SHIPMENT_UNREADABLE, 1);
		count(SHIPMENT_LOST, header.batch.count);
	} else if (dying) {
		count(SHIPMENT_DRAINS, 1);
	}
}

SEC("usdt")
int log_ship(struct pt_regs *ctx)
{
	uint32_t tid = target_enter();
	long address;

	if (!tid)
		return 0;
	count(SHIPMENT_HITS, 1);
	if (!bpf_usdt_arg(ctx, 0, &address))
		log_take(tid, address, false);
	return target_leave();
}

/* A log begins, or its thread has just seen that recording is on. Only a log that begins at number
 * 0 is a new one: after execve, or in a thread that got the id of one that ended. */
SEC("usdt")
int log_open(struct pt_regs *ctx)
{
	uint32_t tid = target_enter();
	struct shipment_thread *thread;
	struct aw_log_head head;
	long address;

	if (!tid)
		return 0;
	count(SHIPMENT_HITS, 1);
	if (bpf_usdt_arg(ctx, 0, &address) || !head_read(&head, address)) {
		count(SHIPMENT_BAD_HEAD, 1);
		return target_leave();
	}
	thread = bpf_map_lookup_elem(&threads, &tid);
	if (!thread || thread->head != (uint64_t)address || (!head.first && thread->next))
		thread_remember(tid, address, head.first);
	return target_leave();
}

/* A thread gives up its log. It has shipped before, but a log freed is no address to read later. */
SEC("usdt")
int log_close(struct pt_regs *ctx)
{
	uint32_t tid = target_enter();
	struct shipment_thread *thread;
	long address;

	if (!tid)
		return 0;
	count(SHIPMENT_HITS, 1);
	if (!bpf_usdt_arg(ctx, 0, &address))
		log_take(tid, address, true);
	thread = bpf_map_lookup_elem(&threads, &tid);
	if (thread)
		thread_end(tid, thread);
	return target_leave();
}

/* Takes what the current thread has: it will not run its program any more (`ends`), or might not.
 */
static __always_inline int drain(bool ends)
{
	uint32_t tid = target_enter();
	struct shipment_thread *thread;

	if (!tid)
		return 0;
	thread = bpf_map_lookup_elem(&threads, &tid);
	if (thread)
		log_take(tid, thread->head, true);
	thread = ends ? bpf_map_lookup_elem(&threads, &tid) : NULL;
	if (thread)
		thread_end(tid, thread);
	return target_leave();
}

/* Where the event comes before the memory goes (since 6.16; it has a second argument since). */
SEC("raw_tp/sched_process_exit")
int thread_exit(void *ctx)
{
	return drain(true);
}

/* Where it comes too late to read the log: only forget the thread. */
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

/* execve is past the point of no return; the old memory is still there (since 6.10). */
SEC("raw_tp/sched_prepare_exec")
int exec_prepare(void *ctx)
{
	return drain(true);
}

struct sigaction___kernel {
	void *sa_handler;
} __attribute__((preserve_access_index));

struct k_sigaction {
	struct sigaction___kernel sa;
} __attribute__((preserve_access_index));

/* A signal that has no handler is about to be acted on: the thread may die of it. If it does not
 * (ignored, stop), the records come again when they are shipped, and are trimmed then. */
SEC("raw_tp/signal_deliver")
int signal_deliver(struct bpf_raw_tracepoint_args *ctx)
{
	const struct k_sigaction *action = (const void *)ctx->args[2];

	return BPF_CORE_READ(action, sa.sa_handler) ? 0 : drain(false);
}

/* _exit, exit_group, execve where the events above are missing. Either may fail to end the thread
 * (execve of a file that is not there): then, too, the records come again. */
SEC("tp/syscalls/sys_enter_exit_group")
int enter_exit_group(void *ctx)
{
	return drain(false);
}

SEC("tp/syscalls/sys_enter_exit")
int enter_exit(void *ctx)
{
	return drain(false);
}

SEC("tp/syscalls/sys_enter_execve")
int enter_execve(void *ctx)
{
	return drain(false);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
