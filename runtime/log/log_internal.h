/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log_internal.h - a thread's log, for the files that write it.
 */
#ifndef RUNTIME_LOG_INTERNAL_H
#define RUNTIME_LOG_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "log.h"
#include "stamp.h"

struct log {
	struct aw_log_head *head; /* a mapping: the head, then the records */
	uint32_t epoch;           /* the one it has begun */
	bool stale;               /* what it holds is from a recording that has ended */
	int fd;                   /* file transport: DIR/PID.TID.log; -1: none */
	off_t written;            /* bytes, whole batches */
	pid_t pid;
	uint64_t last;    /* time of the last stamped record */
	uint64_t shipped; /* time of the last shipment */
	struct stamp stamp;
};

/* The head takes this much of the mapping; records follow. */
enum { LOG_HEAD_BYTES = 64 };

/** The epoch of the recording now; compare with what was defined when. */
extern uint32_t log_epoch __attribute__((visibility("hidden")));

/** Begins the current epoch in this thread's log, which is opened if need be. NULL: none can be
 * had. */
struct log *log_begin(enum aw_kind kind);

/** Sends what the log holds, and empties it. */
void log_ship(struct log *log);

/** This thread's log, with the current epoch begun; NULL: none can be had. `kind` is about to be
 * told. */
static inline struct log *log_ready(enum aw_kind kind)
{
	struct log *log = aw__thread.log;

	if (__builtin_expect(log && log->epoch == __atomic_load_n(&log_epoch, __ATOMIC_RELAXED), 1))
		return log;
	return log_begin(kind);
}

/** Appends a record with the time of the last stamped one; `task` is who runs. */
static inline void log_put(struct log *log, enum aw_kind kind, unsigned int arg, uint32_t task,
                           uint64_t object, uint64_t site)
{
	struct aw_log_head *head = log->head;
	uint64_t next = head->next;
	struct aw_event *event = (struct aw_event *)(uintptr_t)next;

	event->time = log->last;
	event->kind = (uint16_t)kind;
	event->arg = (uint16_t)arg;
	event->task = task;
	event->object = object;
	event->site = site;
	/* The record is whole before it counts: the process may be killed here. */
	atomic_signal_fence(memory_order_release);
	head->next = next + sizeof(*event);
	if (__builtin_expect(next + sizeof(*event) == head->end, 0))
		log_ship(log);
}

/** Makes room for `count` records in one piece. */
void log_group(struct log *log, unsigned int count);

/** Appends a record of any kind, stamped with the time if its kind is. */
void log_append(struct log *log, enum aw_kind kind, unsigned int arg, uint32_t task,
                uint64_t object, uint64_t site);

/** Appends a text of the definition that was appended last; NULL or empty: nothing. */
void log_text(struct log *log, enum aw_text text, const char *string);
enum { LOG_TEXT_RECORDS = AW_TEXT_MAX / 16 };

/* log_define.c */
/** What a listener has to know first: thread, target, modules, the steps under way. */
void log_define_thread(struct log *log, enum aw_kind kind);
void log_define_task(struct log *log, struct aw_task *task, unsigned int flags);
/** The locks it holds: an access of the step that begins may be guarded by one. */
void log_define_held(struct log *log, struct aw_task *task);
void log_define_lock(struct log *log, struct lock_base *lock, unsigned int flags);
void log_define_object(struct log *log, struct object *object);

/* log_file.c: the transport for where BPF is not permitted (environment AWAITNESS_LOG=DIR). */
bool log_file_wanted(void);
/** Begins to record into a folder. False: no, an empty or too long name, or it has begun already.
 */
bool log_file_start(const char *path);
/** Maps DIR/PID.TID.head and opens DIR/PID.TID.log. NULL: cannot, and log_file_wanted is false from
 * now on. */
void *log_file_open(struct log *log, uint32_t tid, size_t bytes);
void log_file_write(struct log *log, uint32_t count);

/* probes.c */
void probe_fire(enum aw_kind kind, uint32_t task, uint64_t object, unsigned int arg, uint64_t site);
void probe_log_open(struct aw_log_head *head);
void probe_log_ship(struct aw_log_head *head);
void probe_log_close(struct aw_log_head *head);

/* access.c */
/** True when the program marks accesses to shared state. */
bool access_marked(void);

#endif
