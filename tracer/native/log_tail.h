/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log_tail.h - reads what a living thread has in its log but has not shipped.
 *
 * For the end of a recording: the target goes on, and is not asked. What can
 * change is read twice; see struct aw_log_head.
 */
#ifndef TRACER_LOG_TAIL_H
#define TRACER_LOG_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <awaitness/event.h>

#define LOG_TAIL_RECORDS (AW_LOG_BYTES / sizeof(struct aw_event))

/** Records that were in a log at one moment. */
struct log_tail {
	uint64_t first; /* number of events[0] */
	size_t count;
	struct aw_event events[LOG_TAIL_RECORDS];
};

/** True if a log head makes sense; `bytes` gets the length of its records. */
bool log_head_check(const struct aw_log_head *head, uint64_t *bytes);

/** Reads `size` bytes at an address of the target. 0 or a negative errno. */
typedef int (*log_read_fn)(void *context, uint64_t address, void *to, size_t size);

/**
 * Reads the log whose head is at `address` through `read`. Returns 0, -EAGAIN
 * (its thread is shipping all the time: what it has is on its way), -EPROTO
 * (no log there) or what `read` returned.
 */
int log_tail_take(log_read_fn read, void *context, uint64_t address, struct log_tail *out);

/** The same from the memory of process `pid`; -EPERM, -ESRCH. */
int log_tail_read(pid_t pid, uint64_t address, struct log_tail *out);

/** The same from a head file of the file transport (DIR/PID.TID.head). */
int log_tail_read_file(int fd, struct log_tail *out);

#endif
