/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log_emitter.h - the smallest target with a log: the contract of event.h by hand, and the truth.
 *
 * Each thread has a log, writes numbered records into it while somebody
 * listens, and counts them in memory it shares with the test, which outlives
 * it. It shares no code with the runtime, so a mistake there is not repeated here.
 */
#ifndef PROGRAMS_LOG_EMITTER_H
#define PROGRAMS_LOG_EMITTER_H

#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <awaitness/event.h>

#define EMITTER_THREADS 8

/** What the test sees. One slot per thread. */
struct emitter_truth {
	volatile uint64_t records[EMITTER_THREADS]; /* complete in the log, shipped or not */
	volatile uint64_t turns[EMITTER_THREADS];   /* also counts while nobody listens */
	volatile uint32_t tids[EMITTER_THREADS];
	volatile uint32_t semaphores; /* all three added up, as the target last saw them */
};

#define EMITTER_SEMAPHORE(name)                                                                    \
	__attribute__((weak, visibility("hidden"), section(".probes"),                             \
	               used)) volatile unsigned short awaitness_##name##_semaphore;
EMITTER_SEMAPHORE(log_open)
EMITTER_SEMAPHORE(log_ship)
EMITTER_SEMAPHORE(log_close)

struct emitter {
	struct aw_log_head head;
	struct emitter_truth *truth;
	int slot;
	bool opened;
};

static inline struct emitter_truth *emitter_truth_new(void)
{
	void *memory = mmap(NULL, sizeof(struct emitter_truth), PROT_READ | PROT_WRITE,
	                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static inline int emitter_init(struct emitter *emitter, struct emitter_truth *truth, int slot)
{
	void *room = mmap(NULL, AW_LOG_BYTES, PROT_READ | PROT_WRITE,
	                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	uint64_t records = (uint64_t)(uintptr_t)room;

	if (room == MAP_FAILED)
		return -1;
	*emitter = (struct emitter){.truth = truth, .slot = slot};
	emitter->head = (struct aw_log_head){
		.magic = AW_LOG_MAGIC,
		.tid = (uint32_t)syscall(SYS_gettid),
		.records = records,
		.next = records,
		.end = records + AW_LOG_BYTES,
	};
	truth->tids[slot] = emitter->head.tid;
	return 0;
}

static inline void emitter_ship(struct emitter *emitter)
{
	struct aw_log_head *head = &emitter->head;
	uint64_t count = (head->next - head->records) / sizeof(struct aw_event);

	STAP_PROBE1(awaitness, log_ship, head);
	*(volatile uint64_t *)&head->next = head->records;
	__asm__ volatile("" ::: "memory");
	*(volatile uint64_t *)&head->first += count;
}

/** One record, if somebody listens: its object is its number. */
static inline void emitter_tell(struct emitter *emitter, uint64_t time)
{
	struct aw_log_head *head = &emitter->head;
	struct aw_event *event;

	if (!awaitness_log_ship_semaphore)
		return;
	if (!emitter->opened) {
		emitter->opened = true;
		STAP_PROBE1(awaitness, log_open, head);
	}
	if (head->next == head->end)
		emitter_ship(emitter);
	event = (struct aw_event *)(uintptr_t)head->next;
	event->time = time;
	event->kind = AW_RESUME;
	event->arg = 0;
	event->task = 1;
	event->object = emitter->truth->records[emitter->slot];
	event->site = 0;
	__asm__ volatile("" ::: "memory");
	*(volatile uint64_t *)&head->next += sizeof(*event);
	__asm__ volatile("" ::: "memory");
	emitter->truth->records[emitter->slot]++;
}

static inline void emitter_close(struct emitter *emitter)
{
	if (emitter->opened)
		emitter_ship(emitter);
	STAP_PROBE1(awaitness, log_close, &emitter->head);
	munmap((void *)(uintptr_t)(emitter->head.end - AW_LOG_BYTES), AW_LOG_BYTES);
}

#endif
