/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log_tail.h - reads what a living thread has in its log but has not shipped.
 *
 * For the end of a recording: the target goes on, and is not asked. Reads with
 * process_vm_readv, twice where it matters; see struct aw_log_head.
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

/**
 * Reads the log whose head is at `address` in process `pid`. Returns 0,
 * -EAGAIN (its thread is shipping all the time: what it has is on its way),
 * -EPROTO (no log there), -EPERM, -ESRCH or another negative errno.
 */
int log_tail_read(pid_t pid, uint64_t address, struct log_tail *out);

#endif
