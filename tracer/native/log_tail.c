// SPDX-License-Identifier: BSD-2-Clause
/*
 * log_tail.c - a consistent picture of a log that is being written.
 *
 * Its thread only appends between two ships, and a ship changes `first`. So if
 * the head read after the records has the same `first`, the records up to the
 * `next` read before them were complete.
 */
#include "log_tail.h"

#include <errno.h>
#include <sys/uio.h>

#define TRIES 3

bool log_head_check(const struct aw_log_head *head, uint64_t *bytes)
{
	*bytes = head->next - head->records;
	return head->magic == AW_LOG_MAGIC && *bytes <= AW_LOG_BYTES &&
	       *bytes % sizeof(struct aw_event) == 0;
}

int log_tail_take(log_read_fn read, void *context, uint64_t address, struct log_tail *out)
{
	struct aw_log_head before, after;
	uint64_t bytes, ignored;
	int code;

	for (int i = 0; i < TRIES; i++) {
		code = read(context, address, &before, sizeof(before));
		if (code)
			return code;
		if (!log_head_check(&before, &bytes))
			continue;
		code = bytes ? read(context, before.records, out->events, bytes) : 0;
		if (!code)
			code = read(context, address, &after, sizeof(after));
		if (code)
			return code;
		if (log_head_check(&after, &ignored) && after.first == before.first &&
		    after.records == before.records) {
			out->first = before.first;
			out->count = bytes / sizeof(struct aw_event);
			return 0;
		}
	}
	return before.magic == AW_LOG_MAGIC ? -EAGAIN : -EPROTO;
}

static int memory_read(void *context, uint64_t address, void *to, size_t size)
{
	const pid_t *pid = context;
	struct iovec local = {to, size}, remote = {(void *)(uintptr_t)address, size};
	ssize_t n = process_vm_readv(*pid, &local, 1, &remote, 1, 0);

	return n < 0 ? -errno : (size_t)n == size ? 0 : -EFAULT;
}

int log_tail_read(pid_t pid, uint64_t address, struct log_tail *out)
{
	return log_tail_take(memory_read, &pid, address, out);
}
