/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_elf_test.c - ELF files as a stranger may make them: none of them makes us wait or fall.
 */
#include <criterion/criterion.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cpython/cpython_elf.h"
#include "cpython/cpython_find.h"
#include "target/elf_module.h"
#include "base/plain_file.h"

enum { TEXT = 0x1000, SIZE = 0x3000 };

static char path[] = "/tmp/awaitness-elf-XXXXXX";

/* A head, a writable and an executable segment, and "needle" in both. */
static struct {
	Elf64_Ehdr head;
	Elf64_Phdr segments[2];
	unsigned char room[SIZE - sizeof(Elf64_Ehdr) - 2 * sizeof(Elf64_Phdr)];
} file;

static unsigned char *byte_at(size_t offset)
{
	return (unsigned char *)&file + offset;
}

static void write_file(void)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	cr_assert_eq(write(fd, &file, SIZE), SIZE);
	close(fd);
}

static void begin(void)
{
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	close(fd);
	memset(&file, 0, sizeof(file));
	memcpy(file.head.e_ident, ELFMAG, SELFMAG);
	file.head.e_ident[EI_CLASS] = ELFCLASS64;
	file.head.e_ident[EI_DATA] = ELFDATA2LSB;
	file.head.e_machine = EM_X86_64;
	file.head.e_phentsize = sizeof(Elf64_Phdr);
	file.head.e_phoff = sizeof(Elf64_Ehdr);
	file.head.e_phnum = 2;
	for (int i = 0; i < 2; i++)
		file.segments[i] = (Elf64_Phdr){.p_type = PT_LOAD,
		                                .p_flags = i ? PF_R | PF_X : PF_R | PF_W,
		                                .p_vaddr = 0x400000 + i * 0x10000,
		                                .p_offset = TEXT * (i + 1),
		                                .p_filesz = TEXT,
		                                .p_memsz = TEXT};
	memcpy(byte_at(TEXT + 8), "needle", 7);
	memcpy(byte_at(TEXT + 64), "needle", 7);
	write_file();
	alarm(20); /* what hangs is killed */
}

static void end(void)
{
	unlink(path);
}

TestSuite(cpython_elf, .init = begin, .fini = end);

Test(cpython_elf, a_text_is_found_again_and_again_until_there_is_none)
{
	struct cpython_elf *elf;
	uint64_t at;

	cr_assert_eq(cpython_elf_open(path, &elf), 0);
	at = cpython_elf_find(elf, "needle", 7, true, 0);
	cr_assert_eq(at, 0x400008);
	at = cpython_elf_find(elf, "needle", 7, true, at + 1);
	cr_assert_eq(at, 0x400040);
	cr_assert_eq(cpython_elf_find(elf, "needle", 7, true, at + 1), 0);
	cpython_elf_close(elf);
}

/* From `from` on, all that a search finds; it has to end. */
static void search_all(void)
{
	struct cpython_elf *elf;
	uint64_t at = 0;

	if (cpython_elf_open(path, &elf))
		return;
	while ((at = cpython_elf_find(elf, "needle", 7, true, at + 1)))
		;
	while ((at = cpython_elf_pointer(elf, 0, at)))
		;
	while ((at = cpython_elf_reference(elf, 0, at + 1)))
		;
	cpython_elf_close(elf);
}

Test(cpython_elf, a_search_ends_where_addresses_run_over)
{
	static const uint64_t addresses[] = {~0ull, ~7ull, 1ull << 63, 1ull << 47,
	                                     (1ull << 47) - 8};
	struct cpython_elf *elf;

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		file.segments[0].p_vaddr = addresses[i];
		write_file();
		cr_expect_eq(cpython_elf_open(path, &elf), -ENOEXEC);
		search_all();
	}
}

Test(cpython_elf, a_search_ends_where_headers_name_the_same_bytes_many_times)
{
	static unsigned char large[8 << 20];
	Elf64_Ehdr *head = (void *)large;
	Elf64_Phdr *segments = (void *)(large + sizeof(*head));
	int fd = open(path, O_WRONLY | O_TRUNC);

	*head = file.head;
	head->e_phnum = 64;
	for (int i = 0; i < 64; i++)
		segments[i] = (Elf64_Phdr){.p_type = PT_LOAD,
		                           .p_flags = PF_R | PF_W,
		                           .p_vaddr = (uint64_t)i << 32,
		                           .p_filesz = sizeof(large),
		                           .p_memsz = sizeof(large)};
	for (size_t i = 4096; i + 7 < sizeof(large); i += 8)
		memcpy(large + i, "needle", 7);
	cr_assert_eq(write(fd, large, sizeof(large)), (ssize_t)sizeof(large));
	close(fd);
	search_all();
}

Test(cpython_elf, headers_that_are_not_aligned_are_as_if_they_were_not_there)
{
	struct cpython_elf *elf;
	size_t left;

	file.head.e_phoff = sizeof(Elf64_Ehdr) + 1;
	memmove(byte_at(file.head.e_phoff), file.segments, sizeof(file.segments));
	write_file();
	cr_assert_eq(cpython_elf_open(path, &elf), 0);
	cr_assert_null(cpython_elf_at(elf, 0x400008, &left));
	cpython_elf_close(elf);
}

Test(cpython_elf, segments_outside_the_file_are_refused)
{
	struct cpython_elf *elf;

	file.segments[1].p_offset = ~0ull - 4;
	write_file();
	cr_assert_eq(cpython_elf_open(path, &elf), -ENOEXEC);
}

Test(cpython_elf, a_file_cut_short_while_it_is_read_is_read_as_it_was)
{
	struct cpython_elf *elf;
	size_t left;

	cr_assert_eq(cpython_elf_open(path, &elf), 0);
	cr_assert_eq(truncate(path, 0), 0);
	cr_assert_eq(memcmp(cpython_elf_at(elf, 0x400008, &left), "needle", 7), 0);
	cpython_elf_close(elf);
}

Test(cpython_elf, a_pipe_or_a_device_in_place_of_a_file_is_not_waited_for)
{
	struct cpython_elf *elf;
	struct elf_module module;

	unlink(path);
	cr_assert_eq(mkfifo(path, 0600), 0);
	cr_assert_eq(cpython_elf_open(path, &elf), -ENOEXEC);
	cr_assert_neq(elf_module_read(path, &module), 0);
	cr_assert_eq(plain_file_open(path), -EINVAL);
	cr_assert_eq(cpython_elf_open("/dev/zero", &elf), -ENOEXEC);
	cr_assert_neq(elf_module_read("/dev/zero", &module), 0);
}

Test(cpython_elf, a_huge_file_of_holes_is_not_read)
{
	struct cpython_elf *elf;
	struct elf_module module;

	cr_assert_eq(truncate(path, 1ll << 42), 0);
	cr_assert_eq(cpython_elf_open(path, &elf), -EFBIG);
	elf_module_read(path, &module); /* ends, and soon */
}

Test(cpython_elf, a_copy_keeps_holes_and_the_bytes_behind_them)
{
	char text[8] = "";
	struct stat status;
	int fd = open(path, O_RDWR), copy;

	cr_assert_eq(ftruncate(fd, 64 << 20), 0);
	cr_assert_eq(pwrite(fd, "behind", 7, 48 << 20), 7);
	copy = plain_file_copy(fd, 1 << 30);
	cr_assert_geq(copy, 0);
	cr_assert_eq(pread(copy, text, 7, 48 << 20), 7);
	cr_assert_str_eq(text, "behind");
	cr_assert_eq(fstat(copy, &status), 0);
	cr_assert_eq(status.st_size, 64 << 20);
	cr_assert_lt(status.st_blocks, 4096, "the holes were filled");
	cr_assert_eq(ftruncate(copy, 0), -1);
	cr_assert_eq(pwrite(copy, "x", 1, 0), -1);
	close(copy);
	close(fd);
}

Test(cpython_elf, an_interpreter_that_cannot_be_read_is_not_one_of_an_unknown_version)
{
	struct target_module module = {.path = "/usr/bin/python3",
	                               .open_path = "/nowhere/python3",
	                               .runtimes = TARGET_CPYTHON};
	struct target target = {.pid = 1, .modules = &module, .module_count = 1};
	struct cpython_found found;
	struct fault fault = {0};

	cr_assert_eq(cpython_find(&target, &found, &fault), -ENOENT);
	cr_expect_str_eq(fault.message,
	                 "cannot read /usr/bin/python3 of process 1: No such file or directory");
}
