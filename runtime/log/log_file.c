/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log_file.c - the log written to files, for where BPF is not permitted.
 *
 * `awaitness run` sets AWAITNESS_LOG=DIR. Each thread appends its batches to
 * DIR/PID.TID.log, and its log itself is a shared mapping of DIR/PID.TID.head, so that what
 * had not been shipped is still there when the process has been killed. Counting up
 * the semaphore here is what turns recording on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "log_internal.h"

static char directory[4096]; /* set before main, empty: not wanted */
static bool failed;          /* some thread could not: no new thread tries */

bool log_file_start(const char *path)
{
	if (!path || !*path || strlen(path) >= sizeof(directory) || log_file_wanted())
		return false;
	strcpy(directory, path);
	failed = false;
	aw__semaphores[0]++;
	return true;
}

__attribute__((constructor)) static void directory_init(void)
{
	log_file_start(secure_getenv("AWAITNESS_LOG"));
}

bool log_file_wanted(void)
{
	return *directory && !failed;
}

static int file_open(const struct log *log, uint32_t tid, const char *suffix, int flags)
{
	char path[sizeof(directory) + 48];

	snprintf(path, sizeof(path), "%s/%d.%u.%s", directory, (int)log->pid, tid, suffix);
	return open(path, flags | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static void *head_map(int fd, size_t bytes)
{
	void *memory;

	/* Blocks are allocated now: a full disk is an error here, not a SIGBUS later. */
	if (posix_fallocate(fd, 0, (off_t)bytes))
		return NULL;
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

void *log_file_open(struct log *log, uint32_t tid, size_t bytes)
{
	int fd = file_open(log, tid, "head", O_RDWR);
	void *memory = NULL;

	if (fd >= 0) {
		memory = head_map(fd, bytes);
		close(fd);
	}
	if (memory)
		log->fd = file_open(log, tid, "log", O_WRONLY | O_APPEND);
	if (memory && log->fd >= 0) {
		/* Not empty after an execve, or when a thread has the id of one that ended. */
		log->written = lseek(log->fd, 0, SEEK_END);
		return memory;
	}
	if (memory)
		munmap(memory, bytes);
	/* Nobody would read what is recorded, unless a tracer is attached, too. */
	if (!__atomic_exchange_n(&failed, true, __ATOMIC_RELAXED))
		__atomic_sub_fetch(&aw__semaphores[0], 1, __ATOMIC_RELAXED);
	return NULL;
}

/* Writes all of it. A signal or a full disk may cut a write short. */
static int write_all(int fd, struct iovec *part, int count)
{
	while (count) {
		ssize_t n = writev(fd, part, count);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -errno;
		while (count && (size_t)n >= part->iov_len) {
			n -= (ssize_t)part->iov_len;
			part++;
			count--;
		}
		if (count) {
			part->iov_base = (char *)part->iov_base + n;
			part->iov_len -= (size_t)n;
		}
	}
	return 0;
}

/* What cannot be written is lost, whole batches at a time; the records' numbers tell. */
void log_file_write(struct log *log, uint32_t count)
{
	size_t bytes = (size_t)count * sizeof(struct aw_event);
	struct aw_batch batch = {
		.magic = AW_BATCH_MAGIC,
		.count = count,
		.pid = (uint32_t)log->pid,
		.tid = log->head->tid,
		.first = log->head->first,
		.time = log->last,
	};
	struct iovec parts[2] = {
		{&batch, sizeof(batch)},
		{(void *)(uintptr_t)log->head->records, bytes},
	};
	int saved = errno;

	if (write_all(log->fd, parts, 2) == 0)
		log->written += (off_t)(sizeof(batch) + bytes);
	else if (ftruncate(log->fd, log->written))
		log->fd = -1; /* a torn batch that cannot be taken back: nothing after it counts */
	errno = saved;
}
