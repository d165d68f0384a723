/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kept_memory.c - see kept_memory.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kept_memory.h"

enum { PAGE = 4096, KEEP_MS = 1000, STACK = 64 << 10 };

struct kept_memory {
	int mem;          /* of /proc/PID/mem */
	uint64_t address; /* where the target has a page that can be read */
	uint64_t stack;   /* where its stack begins, which every exec draws anew; 0: not known */
	int faults;       /* the userfaultfd; -1: not kept */
	void *page;       /* of ours: the read that keeps the memory waits for it */
	pthread_t reader;
};

/* The first page of the target's first mapping that can be read. */
static uint64_t readable_page(pid_t pid)
{
	unsigned long long from = 0;
	char path[64], line[4200], may;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps = fopen(path, "re");
	if (!maps)
		return 0;
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%llx-%*x %c", &from, &may) == 2 && may == 'r')
			break;
		from = 0;
	}
	fclose(maps);
	return from;
}

/* startstack, field 28 of /proc/PID/stat (proc(5)); the second field may hold anything. */
static uint64_t stack_start(pid_t pid)
{
	enum { FIELD = 28, AFTER_NAME = 2 };
	char path[64], text[2048], *at;
	FILE *stat;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	stat = fopen(path, "re");
	if (!stat)
		return 0;
	n = fread(text, 1, sizeof(text) - 1, stat);
	fclose(stat);
	text[n] = 0;
	at = strrchr(text, ')');
	for (int field = AFTER_NAME; at && field < FIELD; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at, NULL, 10) : 0;
}

int kept_memory_renew(struct kept_memory *memory, pid_t pid)
{
	char path[64];
	int mem;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	if (mem < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	kept_memory_release(memory);
	if (memory->mem >= 0)
		close(memory->mem);
	memory->mem = mem;
	memory->address = readable_page(pid);
	memory->stack = stack_start(pid);
	return 0;
}

int kept_memory_open(pid_t pid, struct kept_memory **out)
{
	struct kept_memory *memory = calloc(1, sizeof(*memory));
	int error;

	*out = NULL;
	if (!memory)
		return -ENOMEM;
	memory->mem = memory->faults = -1;
	error = kept_memory_renew(memory, pid);
	if (error) {
		free(memory);
		return error;
	}
	*out = memory;
	return 0;
}

bool kept_memory_replaced(const struct kept_memory *memory, pid_t pid)
{
	uint64_t now = stack_start(pid);

	return now && memory->stack && now != memory->stack;
}

int kept_memory_read(const struct kept_memory *memory, uint64_t address, void *out, size_t size)
{
	/* pread takes no offset with the sign bit, and programs have no such addresses */
	ssize_t n = address > INT64_MAX ? -1 : pread(memory->mem, out, size, (off_t)address);

	if (n == 0 && size) /* there is no memory any more */
		return -ESRCH;
	return n == (ssize_t)size ? 0 : -EFAULT;
}

/* Signals are not for this thread: one would end the read. */
static void *read_and_wait(void *context)
{
	struct kept_memory *memory = context;

	if (pread(memory->mem, memory->page, 1, (off_t)memory->address) != 1)
		return NULL; /* the page is left missing: keep_wait sees no fault */
	return memory;
}

/* The kernel's side: a page whose first touch waits for us. */
static int faults_open(struct kept_memory *memory)
{
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register range = {.mode = UFFDIO_REGISTER_MODE_MISSING};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	range.range.start = (uintptr_t)memory->page;
	range.range.len = PAGE;
	if (ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &range)) {
		int error = -errno;

		close(fd);
		return error;
	}
	memory->faults = fd;
	return 0;
}

static int reader_start(struct kept_memory *memory)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&memory->reader, &attributes, read_and_wait, memory);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return -error;
}

/* The reader has got to the page that is not there: by then it holds the target's memory. */
static int keep_wait(struct kept_memory *memory)
{
	struct pollfd wait = {.fd = memory->faults, .events = POLLIN};
	struct uffd_msg fault;

	if (poll(&wait, 1, KEEP_MS) != 1)
		return -ESRCH; /* nothing could be read: it has ended */
	return read(memory->faults, &fault, sizeof(fault)) == sizeof(fault) ? 0 : -EIO;
}

/* Lets the reader go on to its end. */
static void reader_end(struct kept_memory *memory)
{
	struct uffdio_range range = {(uintptr_t)memory->page, PAGE};

	ioctl(memory->faults, UFFDIO_UNREGISTER, &range); /* whoever waits is woken, too */
	pthread_join(memory->reader, NULL);
}

static void keep_end(struct kept_memory *memory)
{
	if (memory->faults >= 0)
		close(memory->faults);
	if (memory->page)
		munmap(memory->page, PAGE);
	memory->faults = -1;
	memory->page = NULL;
}

int kept_memory_keep(struct kept_memory *memory)
{
	int error;

	if (memory->faults >= 0)
		return 0;
	memory->page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory->page == MAP_FAILED) {
		memory->page = NULL;
		return -ENOMEM;
	}
	error = faults_open(memory);
	if (!error)
		error = reader_start(memory);
	if (error) {
		keep_end(memory);
		return error;
	}
	error = keep_wait(memory);
	if (error) {
		reader_end(memory);
		keep_end(memory);
	}
	return error;
}

bool kept_memory_kept(const struct kept_memory *memory)
{
	return memory->faults >= 0;
}

void kept_memory_release(struct kept_memory *memory)
{
	if (memory->faults < 0)
		return;
	reader_end(memory);
	keep_end(memory);
}

void kept_memory_close(struct kept_memory *memory)
{
	if (!memory)
		return;
	kept_memory_release(memory);
	close(memory->mem);
	free(memory);
}
