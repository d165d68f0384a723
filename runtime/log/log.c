/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log.c - the per-thread log: append, ship, epochs, and its end.
 */
#include "log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "log_internal.h"
#include "task/object.h"
#include "task/task_internal.h"

enum {
	SHIP_EVERY_NS = 50 * 1000 * 1000,
	IDLE_NS = 10 * 1000 * 1000 /* a tracer may have been replaced meanwhile */
};

/* Kinds that do not read the clock: they repeat the time of the last that did. */
#define UNSTAMPED                                                                                  \
	(1ull << AW_READ | 1ull << AW_WRITE | 1ull << AW_IO | 1ull << AW_AWAIT |                   \
	 1ull << AW_FORGET | 1ull << AW_SITE | 1ull << AW_NAME | 1ull << AW_TEXT |                 \
	 1ull << AW_THREAD | 1ull << AW_TARGET | 1ull << AW_MODULE | 1ull << AW_LOCK_CONDITION |   \
	 1ull << AW_LOCK_WAIVER)

/* Raised by whoever notices; a thread that sees it late defines late, which is harmless. */
uint32_t log_epoch = 1;
static atomic_bool listening; /* somebody has listened since log_epoch was raised */
static atomic_int_fast64_t raised;
static pthread_key_t closer;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void epoch_raise(void)
{
	__atomic_add_fetch(&log_epoch, 1, __ATOMIC_RELAXED);
}

uint64_t log_last_stamp(void)
{
	return aw__thread.log ? aw__thread.log->last : 0;
}

static uint64_t log_count(const struct log *log)
{
	return (log->head->next - log->head->records) / sizeof(struct aw_event);
}

/* In this order, a death between the two loses the number of some records, not a record. */
static void log_empty(struct log *log, uint64_t count)
{
	log->head->next = log->head->records;
	atomic_signal_fence(memory_order_seq_cst);
	log->head->first += count;
}

void log_ship(struct log *log)
{
	uint64_t count = log_count(log);

	if (!count)
		return;
	if (log->fd >= 0)
		log_file_write(log, (uint32_t)count);
	probe_log_ship(log->head);
	log_empty(log, count);
	log->shipped = stamp_anchor(&log->stamp);
}

static void stamped(struct log *log)
{
	uint64_t now = stamp_now(&log->stamp);

	if (now > log->last)
		log->last = now;
}

void log_append(struct log *log, enum aw_kind kind, unsigned int arg, uint32_t task,
                uint64_t object, uint64_t site)
{
	if (UNSTAMPED & 1ull << kind) {
		log_put(log, kind, arg, task, object, site);
		return;
	}
	stamped(log);
	log_put(log, kind, arg, task, object, site);
	if (log->last - log->shipped > SHIP_EVERY_NS && log->last > log->shipped)
		log_ship(log);
}

void log_group(struct log *log, unsigned int count)
{
	if ((log->head->end - log->head->next) / sizeof(struct aw_event) <= count)
		log_ship(log);
}

void log_text(struct log *log, enum aw_text text, const char *string)
{
	size_t left = string ? strnlen(string, AW_TEXT_MAX) : 0;

	while (left) {
		size_t used = left < 16 ? left : 16;
		uint64_t bytes[2] = {0, 0};

		memcpy(bytes, string, used);
		string += used;
		left -= used;
		log_put(log, AW_TEXT, text | (unsigned int)used << 8 | (left ? AW_TEXT_MORE : 0),
		        aw__thread.task_id, bytes[0], bytes[1]);
	}
}

static size_t log_bytes(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (LOG_HEAD_BYTES + AW_LOG_BYTES + page - 1) / page * page;
}

/* The thread ends: pthread calls this, also with the log of a thread of before a fork. */
static void log_close(void *unused)
{
	struct log *log = aw__thread.log;

	(void)unused;
	if (!log)
		return;
	if (log_on() && !log->stale) {
		log_append(log, AW_THREAD_END, 0, 0, 0, 0);
		log_ship(log);
	}
	probe_log_close(log->head);
	aw__thread.log = NULL;
	aw__thread.log_closed = true;
	if (log->fd >= 0)
		close(log->fd);
	munmap(log->head, log_bytes());
	free(log);
}

/* exit() does not end threads in the way pthread_exit does: the calling thread's log is here. */
__attribute__((destructor)) static void process_ends(void)
{
	log_close(NULL);
}

/*
 * A forked child: the log is the parent's. It must not be written to (it may be mapped from
 * the parent's file) and is left as it is; the child opens its own if it tells something.
 */
static void forked(void)
{
	aw__thread.log = NULL;
	aw__thread.log_closed = false;
	epoch_raise();
}

static void set_up(void)
{
	pthread_key_create(&closer, log_close);
	pthread_atfork(NULL, NULL, forked);
}

static void *log_map(struct log *log, uint32_t tid)
{
	size_t bytes = log_bytes();
	void *memory = NULL;

	if (log_file_wanted())
		memory = log_file_open(log, tid, bytes);
	if (!memory) {
		memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		              MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (memory == MAP_FAILED)
			return NULL;
	}
	mlock(memory, bytes); /* so that the tracer can read it at the process's death */
	return memory;
}

static struct log *log_open(void)
{
	struct log *log = calloc(1, sizeof(*log));
	uint32_t tid = (uint32_t)syscall(SYS_gettid);
	uint64_t records;

	aw__thread.log_closed = true; /* until it is there: nothing is told on the way */
	if (!log)
		return NULL;
	pthread_once(&once, set_up);
	log->pid = getpid();
	log->fd = -1;
	log->head = log_map(log, tid);
	if (!log->head) {
		free(log);
		return NULL;
	}
	records = (uint64_t)(uintptr_t)log->head + LOG_HEAD_BYTES;
	*log->head = (struct aw_log_head){
		.magic = AW_LOG_MAGIC,
		.tid = tid,
		.records = records,
		.next = records,
		.end = records + AW_LOG_BYTES,
	};
	log->shipped = log->last = stamp_anchor(&log->stamp);
	aw__thread.log = log;
	aw__thread.log_closed = false;
	pthread_setspecific(closer, log);
	return log;
}

struct log *log_begin(enum aw_kind kind)
{
	struct log *log = aw__thread.log;

	if (!log && aw__thread.log_closed)
		return NULL;
	if (!log)
		log = log_open();
	if (!log)
		return NULL;
	if (log->stale)
		log_empty(log, log_count(log));
	log->stale = false;
	log->epoch = __atomic_load_n(&log_epoch, __ATOMIC_RELAXED);
	atomic_store_explicit(&listening, true, memory_order_relaxed);
	stamped(log);
	probe_log_open(log->head);
	log_define_thread(log, kind);
	return log;
}

void log_event(enum aw_kind kind, unsigned int arg, uint64_t object, uint64_t site)
{
	uint32_t task = aw__thread.task_id;
	struct log *log;

	if (aw__semaphores[0]) {
		log = log_ready(kind);
		if (log)
			log_append(log, kind, arg, task, object, site);
	}
	if (aw__semaphores[kind])
		probe_fire(kind, task, object, arg, site);
}

void log_task_event(enum aw_kind kind, unsigned int arg, struct aw_task *task, uint64_t site)
{
	struct log *log = aw__semaphores[0] ? log_ready(kind) : NULL;

	/* Of a task that has ended there is nothing to tell but that it is spoken of. */
	if (log && task->epoch != log->epoch && task->inspect.state != AW_STATE_ENDED) {
		log_define_task(log, task, kind == AW_TASK_NEW ? 0 : AW_ARG_SNAPSHOT);
		if (kind == AW_TASK_NEW)
			goto probe;
	}
	if (log)
		log_append(log, kind, arg, aw__thread.task_id,
		           kind == AW_RESUME ? 0 : task->inspect.id, site);
	if (log && kind == AW_RESUME && task->held_epoch != log->epoch)
		log_define_held(log, task);
probe:
	if (aw__semaphores[kind])
		probe_fire(kind, aw__thread.task_id, kind == AW_RESUME ? 0 : task->inspect.id, arg,
		           site);
}

void log_lock_event(enum aw_kind kind, unsigned int arg, struct lock_base *lock, uint64_t site)
{
	struct log *log = aw__semaphores[0] ? log_ready(kind) : NULL;

	if (log && lock->epoch != log->epoch) {
		log_define_lock(log, lock, kind == AW_LOCK_NEW ? 0 : AW_ARG_SNAPSHOT);
		if (kind == AW_LOCK_NEW)
			goto probe;
	}
	if (log)
		log_append(log, kind, arg, aw__thread.task_id, lock->inspect.id, site);
probe:
	if (kind == AW_LOCK_NEW)
		arg = lock->inspect.type | (unsigned int)lock->permits << 8;
	if (aw__semaphores[kind])
		probe_fire(kind, aw__thread.task_id, lock->inspect.id, arg, site);
}

void log_object_event(enum aw_kind kind, unsigned int arg, struct object *object, uint64_t site)
{
	struct log *log = aw__semaphores[0] ? log_ready(kind) : NULL;

	if (log && object->epoch != log->epoch)
		log_define_object(log, object);
	if (log)
		log_append(log, kind, arg, aw__thread.task_id, object->id, site);
	if (aw__semaphores[kind])
		probe_fire(kind, aw__thread.task_id, object->id, arg, site);
}

void log_before_sleep(void)
{
	if (log_on() && aw__thread.log && !aw__thread.log->stale)
		log_ship(aw__thread.log);
}

void log_poll(void)
{
	if (log_on())
		return;
	if (aw__thread.log)
		aw__thread.log->stale = true;
	if (atomic_load_explicit(&listening, memory_order_relaxed) &&
	    atomic_exchange(&listening, false))
		epoch_raise();
}

void log_after_sleep(int64_t ns)
{
	int_fast64_t now, last = atomic_load_explicit(&raised, memory_order_relaxed);

	if (ns < IDLE_NS || !log_on())
		return;
	now = aw_now();
	/* Many threads that sleep a little need not raise it more often than one would. */
	if (now - last >= IDLE_NS && atomic_compare_exchange_strong(&raised, &last, now))
		epoch_raise();
}
