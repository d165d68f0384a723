/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log.h - how the runtime tells what happens.
 *
 * tell() and its variants are called where things happen; with nobody listening they
 * are one test of memory that does not change. Listening is told by the USDT
 * semaphores: aw__semaphores[0] is that of awaitness:log_ship (a tracer that
 * takes the log; the file transport counts it up itself), aw__semaphores[kind] that of the
 * fine-grained probe of a kind.
 *
 * Each thread has a log of its own, shipped in batches (event.h). What existed before the
 * recording began is defined when it is first told of in a recording *epoch*; the epoch is a
 * number for the whole process, raised when a listener may have come that knows nothing yet.
 */
#ifndef RUNTIME_LOG_H
#define RUNTIME_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include <awaitness/event.h>

struct aw_loop;
struct aw_task;
struct lock_base;
struct object;
struct log;

/* Where the program called the public function this is used in. */
#define CALLER ((uint64_t)(uintptr_t)__builtin_return_address(0))

/** What a thread is doing: the runtime's only state per thread. */
struct thread_state {
	struct aw_task *task; /* running now; NULL: a callback, or no loop */
	struct aw_loop *loop;
	struct log *log;
	uint32_t task_id; /* of `task`, 0 for NULL */
	bool log_closed;  /* the thread is ending, or has no memory for a log */
};

extern __thread struct thread_state aw__thread
	__attribute__((tls_model("initial-exec"), visibility("hidden")));
extern volatile unsigned short aw__semaphores[AW_KIND_MAX] __attribute__((visibility("hidden")));

/** Somebody takes the log. */
static inline bool log_on(void)
{
#ifdef AW_NO_PROBES
	return false;
#else
	return __builtin_expect(aw__semaphores[0] != 0, 0);
#endif
}

/** Somebody wants to know of this kind. */
static inline bool log_wants(enum aw_kind kind)
{
#ifdef AW_NO_PROBES
	(void)kind;
	return false;
#else
	return __builtin_expect((aw__semaphores[0] | aw__semaphores[kind]) != 0, 0);
#endif
}

/* The slow halves of the functions below. */
void log_event(enum aw_kind kind, unsigned int arg, uint64_t object, uint64_t site);
void log_task_event(enum aw_kind kind, unsigned int arg, struct aw_task *task, uint64_t site);
void log_lock_event(enum aw_kind kind, unsigned int arg, struct lock_base *lock, uint64_t site);
void log_object_event(enum aw_kind kind, unsigned int arg, struct object *object, uint64_t site);

/** Tells an event of the task that runs now. */
static inline void tell(enum aw_kind kind, unsigned int arg, uint64_t object, uint64_t site)
{
	if (log_wants(kind))
		log_event(kind, arg, object, site);
}

/** Tells an event about a task, lock or other object, which is defined first if need be. */
static inline void tell_task(enum aw_kind kind, unsigned int arg, struct aw_task *task,
                             uint64_t site)
{
	if (log_wants(kind))
		log_task_event(kind, arg, task, site);
}

static inline void tell_lock(enum aw_kind kind, unsigned int arg, struct lock_base *lock,
                             uint64_t site)
{
	if (log_wants(kind))
		log_lock_event(kind, arg, lock, site);
}

static inline void tell_object(enum aw_kind kind, unsigned int arg, struct object *object,
                               uint64_t site)
{
	if (log_wants(kind))
		log_object_event(kind, arg, object, site);
}

/** The time of the last stamped event of this thread, 0: none. */
uint64_t log_last_stamp(void);
/** The loop is about to sleep: ships what this thread's log holds. */
void log_before_sleep(void);
/** The loop polls (often): notices that nobody listens any more. */
void log_poll(void);
/** The loop has slept `ns`: a listener that has come meanwhile knows nothing. */
void log_after_sleep(int64_t ns);

#endif
