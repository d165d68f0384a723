/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * remote_memory.c - see remote_memory.h. A direct-mapped cache: a page has one place where it may
 * lie, so that neither looking it up nor dropping another one costs anything.
 */
#include "remote_memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

enum {
	PAGE = 4096,
	PAGES = 1 << 15, /* kept at most: 128 MiB */
	AHEAD = 16,      /* pages read at once behind one that was read */
	AGAIN = 256      /* pages read again at once */
};

struct slot {
	uint64_t page;  /* address / PAGE */
	uint64_t epoch; /* 0: empty */
	int error;      /* why it could not be read, 0: it was */
};

struct remote_memory {
	pid_t pid;
	uint64_t epoch;
	struct slot *slots;
	unsigned char *bytes; /* reserved as a whole, taken as it is written to */
	uint32_t *loaded;     /* slots that were filled since it was told to forget */
	size_t loaded_count;  /* past PAGES: more than are kept */
	unsigned char *again; /* room for AGAIN pages; NULL: not needed yet */
};

int remote_memory_new(pid_t pid, struct remote_memory **out)
{
	struct remote_memory *m = calloc(1, sizeof(*m));

	*out = NULL;
	if (!m)
		return -ENOMEM;
	m->pid = pid;
	m->epoch = 1;
	m->slots = calloc(PAGES, sizeof(*m->slots));
	m->loaded = calloc(PAGES, sizeof(*m->loaded));
	m->bytes = mmap(NULL, (size_t)PAGES * PAGE, PROT_READ | PROT_WRITE,
	                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!m->slots || !m->loaded || m->bytes == MAP_FAILED) {
		if (m->bytes == MAP_FAILED)
			m->bytes = NULL;
		remote_memory_free(m);
		return -ENOMEM;
	}
	*out = m;
	return 0;
}

void remote_memory_free(struct remote_memory *m)
{
	if (!m)
		return;
	if (m->bytes)
		munmap(m->bytes, (size_t)PAGES * PAGE);
	free(m->slots);
	free(m->loaded);
	free(m->again);
	free(m);
}

void remote_memory_forget(struct remote_memory *m)
{
	m->epoch++;
	m->loaded_count = 0;
}

int remote_memory_now(void *pid, uint64_t address, void *out, size_t size)
{
	struct iovec to = {out, size}, from = {(void *)(uintptr_t)address, size};
	ssize_t n = process_vm_readv(*(pid_t *)pid, &to, 1, &from, 1, 0);

	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EFAULT;
}

static struct slot *slot_of(const struct remote_memory *m, uint64_t page)
{
	return &m->slots[page & (PAGES - 1)];
}

static bool kept(const struct remote_memory *m, uint64_t page)
{
	const struct slot *slot = slot_of(m, page);

	return slot->epoch == m->epoch && slot->page == page;
}

/* Reads a page, and those behind it when the one before it was read: then more will be wanted. Each
 * page is a piece of its own, so that one that is not mapped costs only those behind it. */
static void pages_load(struct remote_memory *m, uint64_t page)
{
	size_t first = page & (PAGES - 1);
	size_t count = kept(m, page - 1) ? AHEAD : 1;
	struct iovec from[AHEAD], to = {m->bytes + first * PAGE, 0};
	ssize_t n;

	if (count > PAGES - first)
		count = PAGES - first;
	for (size_t i = 0; i < count; i++)
		from[i] = (struct iovec){(void *)(uintptr_t)((page + i) * PAGE), PAGE};
	to.iov_len = count * PAGE;
	n = process_vm_readv(m->pid, &to, 1, from, count, 0);
	for (size_t i = 0; i < count && n >= (ssize_t)((i + 1) * PAGE); i++) {
		m->slots[first + i] = (struct slot){page + i, m->epoch, 0};
		if (m->loaded_count < PAGES)
			m->loaded[m->loaded_count] = first + i;
		m->loaded_count++;
	}
	if (n < PAGE)
		m->slots[first] = (struct slot){page, m->epoch, n < 0 ? -errno : -EFAULT};
}

/* Are `count` pages that were read, from number `first` on, as they were? */
static bool pages_same(struct remote_memory *m, size_t first, size_t count)
{
	struct iovec from[AGAIN], to = {m->again, count * PAGE};

	for (size_t i = 0; i < count; i++)
		from[i] = (struct iovec){
			(void *)(uintptr_t)(m->slots[m->loaded[first + i]].page * PAGE), PAGE};
	if (process_vm_readv(m->pid, &to, 1, from, count, 0) != (ssize_t)to.iov_len)
		return false;
	for (size_t i = 0; i < count; i++)
		if (memcmp(m->again + i * PAGE, m->bytes + (size_t)m->loaded[first + i] * PAGE,
		           PAGE) != 0)
			return false;
	return true;
}

bool remote_memory_unchanged(struct remote_memory *m)
{
	if (!m->again)
		m->again = malloc((size_t)AGAIN * PAGE);
	if (!m->again || m->loaded_count > PAGES)
		return false;
	for (size_t i = 0; i < m->loaded_count; i += AGAIN) {
		size_t left = m->loaded_count - i;

		if (!pages_same(m, i, left < AGAIN ? left : AGAIN))
			return false;
	}
	return true;
}

int remote_memory_read(void *context, uint64_t address, void *out, size_t size)
{
	struct remote_memory *m = context;
	unsigned char *to = out;

	if (address % PAGE + size <= PAGE && kept(m, address / PAGE)) { /* nearly always */
		const struct slot *slot = slot_of(m, address / PAGE);

		if (!slot->error)
			memcpy(out, m->bytes + address % ((uint64_t)PAGES * PAGE), size);
		return slot->error;
	}
	if (size > UINT64_MAX - address)
		return -EFAULT;
	while (size) {
		uint64_t page = address / PAGE;
		size_t at = address % PAGE, part = size < PAGE - at ? size : PAGE - at;
		const struct slot *slot = slot_of(m, page);

		if (!kept(m, page))
			pages_load(m, page);
		if (slot->error)
			return slot->error;
		memcpy(to, m->bytes + (page & (PAGES - 1)) * PAGE + at, part);
		to += part;
		address += part;
		size -= part;
	}
	return 0;
}
