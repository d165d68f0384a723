/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * remote_memory_test.c - pages of another process, each read once; here this process is the other.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "target/remote_memory.h"

enum { PAGE = 4096, PAGES = 64 };

static struct remote_memory *memory;
static unsigned char *area;

static void begin(void)
{
	area = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(area, MAP_FAILED);
	for (int i = 0; i < PAGES * PAGE; i++)
		area[i] = (unsigned char)(i / PAGE + i);
	cr_assert_eq(remote_memory_new(getpid(), &memory), 0);
}

static void end(void)
{
	remote_memory_free(memory);
	munmap(area, PAGES * PAGE);
}

TestSuite(remote_memory, .init = begin, .fini = end);

static int read_at(size_t offset, void *out, size_t size)
{
	return remote_memory_read(memory, (uint64_t)(uintptr_t)area + offset, out, size);
}

Test(remote_memory, all_of_it_is_read_right_in_pieces_of_any_size)
{
	static const size_t sizes[] = {1, 8, 40, 4095, 4096, 4097, 20000};
	static unsigned char out[20000];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (size_t at = 0; at + sizes[i] <= PAGES * PAGE; at += sizes[i]) {
			cr_assert_eq(read_at(at, out, sizes[i]), 0);
			cr_assert_eq(memcmp(out, area + at, sizes[i]), 0);
		}
}

Test(remote_memory, what_was_read_stays_until_it_is_forgotten)
{
	unsigned char before, after;

	cr_assert_eq(read_at(100, &before, 1), 0);
	cr_assert(remote_memory_unchanged(memory));
	area[100]++;
	cr_assert_eq(read_at(100, &after, 1), 0);
	cr_assert_eq(after, before);
	cr_assert_not(remote_memory_unchanged(memory));
	remote_memory_forget(memory);
	cr_assert_eq(read_at(100, &after, 1), 0);
	cr_assert_eq(after, area[100]);
}

Test(remote_memory, a_page_that_is_not_mapped_costs_only_itself)
{
	unsigned char out[2 * PAGE];

	cr_assert_eq(mprotect(area + 5 * PAGE, PAGE, PROT_NONE), 0);
	for (int i = 0; i < PAGES; i++) {
		int error = read_at((size_t)i * PAGE, out, PAGE);

		if (i == 5) {
			cr_assert_eq(error, -EFAULT);
			continue;
		}
		cr_assert_eq(error, 0, "page %d", i);
		cr_assert_eq(memcmp(out, area + i * PAGE, PAGE), 0);
	}
	cr_assert_eq(read_at(4 * PAGE, out, 2 * PAGE), -EFAULT);
	cr_assert_eq(remote_memory_read(memory, ~0ull - 3, out, 8), -EFAULT);
	cr_assert_eq(remote_memory_read(memory, 8, out, 8), -EFAULT);
}
