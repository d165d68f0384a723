// SPDX-License-Identifier: BSD-2-Clause
/*
 * log_tail_file.c - the unshipped records in a head file of the file transport.
 */
#include "log_tail.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* A head file, read by the addresses in its head. It is a mapping from its first byte on, and the
 * head lies in the first page, so an address's place in its page is its place in the file. */
struct head_file {
	int fd;
	uint64_t page;
	uint64_t base;    /* address of the room for records; 0: head not read yet */
	uint64_t records; /* where in the file that is */
};

static int head_read(void *context, uint64_t address, void *to, size_t size)
{
	struct head_file *head = context;
	uint64_t offset = 0;

	if (address) {
		if (address < head->base || address - head->base > AW_LOG_BYTES - size)
			return -EPROTO;
		offset = head->records + (address - head->base);
	}
	if (pread(head->fd, to, size, (off_t)offset) != (ssize_t)size)
		return -EPROTO;
	if (!address) {
		head->base = ((struct aw_log_head *)to)->end - AW_LOG_BYTES;
		head->records = head->base % head->page;
		if (head->records < sizeof(struct aw_log_head))
			head->records += head->page;
	}
	return 0;
}

int log_tail_read_file(int fd, struct log_tail *out)
{
	struct head_file head = {.fd = fd, .page = getpagesize()};
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	return S_ISREG(st.st_mode) ? log_tail_take(head_read, &head, 0, out) : -EPROTO;
}
