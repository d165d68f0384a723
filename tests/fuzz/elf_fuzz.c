/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * elf_fuzz.c - any bytes as an ELF file: all that is asked of the file of an interpreter, of a
 * module, and of BTF.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cpython/cpython_elf.h"
#include "cpython/cpython_find.h"
#include "cpython/cpython_layout.h"
#include "cpython/cpython_places.h"
#include "target/elf_module.h"
#include "kernel/kernel_btf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Searches that go on where the last one stopped: each has to come to an end. */
static void search(const struct cpython_elf *elf)
{
	uint64_t at = 0;

	while ((at = cpython_elf_find(elf, "with", 4, false, at + 1)))
		cpython_elf_pointer(elf, at, 0);
	while ((at = cpython_elf_pointer(elf, 0, at)))
		cpython_elf_offset(elf, at);
	while ((at = cpython_elf_reference(elf, 0x1000, at + 1)))
		cpython_elf_prologue(elf, cpython_elf_function(elf, at));
}

static void ask(const struct cpython_elf *elf, const char *path)
{
	static const unsigned minors[] = {10, 11, 12, 13, 14, 15};
	struct cpython_elf_text text;
	uint64_t step = cpython_places_step(elf), address, size;

	for (size_t i = 0; i < sizeof(minors) / sizeof(minors[0]); i++) {
		char name[] = "/proc/self/fd/0";
		struct target_module module = {.path = name, .open_path = name, .bias = 0};
		struct cpython_found found = {.core = &module, .asyncio = &module};

		found.version = CPYTHON_VERSION(3, minors[i]);
		found.target.layout = *cpython_layout_find(found.version);
		cpython_places_of(elf, path, step, &found.step);
		cpython_places_wake(elf, &found);
		cpython_places_with(elf, &module, &found);
		cpython_places_await(elf, &module, &found);
	}
	for (size_t i = 0; cpython_elf_text(elf, &i, &text);) {
		uint64_t start = cpython_elf_function(elf, text.address);
		uint64_t end = cpython_elf_function_end(elf, start);

		cpython_elf_refers(elf, start, end, text.address);
		cpython_elf_leaves_to(elf, start, end);
		cpython_elf_exported(elf, start);
	}
	cpython_elf_slot(elf, "PyIter_Send");
	cpython_elf_section(elf, ".text", &address, &size);
	search(elf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_module module;
	struct cpython_elf *elf;
	struct kernel_btf *btf;
	char path[32];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!cpython_elf_open(path, &elf)) {
		ask(elf, path);
		cpython_elf_close(elf);
	}
	elf_module_read(path, &module);
	elf_module_bias(&module, 0x400000, 0);
	/* it makes room for a kernel's: only where the magic number is right */
	if (size > 1 && data[0] == 0x9f && data[1] == 0xeb && !kernel_btf_open(path, &btf)) {
		kernel_btf_tracepoint(btf, "sched_switch");
		kernel_btf_has_function(btf, "f");
		kernel_btf_close(btf);
	}
	close(fd);
	return 0;
}
