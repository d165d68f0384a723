/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * elf_module.h - what an ELF file carries that concerns us.
 *
 * Reads section headers, USDT notes, the build id and the dynamic symbols;
 * works on stripped files. The file is untrusted: whatever does not make sense
 * in it is as if it were not there.
 */
#ifndef TRACER_ELF_MODULE_H
#define TRACER_ELF_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_MODULE_SEGMENTS 16u
#define ELF_MODULE_BUILD_ID 40u

struct elf_segment {
	uint64_t offset; /* in the file */
	uint64_t size;   /* in the file */
	uint64_t address;
};

struct elf_module {
	uint64_t kinds; /* bit K: a probe awaitness:KIND for event kind K */
	bool log;       /* probe awaitness:log_ship */
	bool cpython;   /* defines _PyRuntime */
	uint64_t root;  /* ELF address of struct aw_root, 0: none */
	char build_id[ELF_MODULE_BUILD_ID + 1];
	struct elf_segment segments[ELF_MODULE_SEGMENTS]; /* PT_LOAD */
	size_t segment_count;
};

/** Reads the file at `path`. Returns 0, -ENOEXEC (not an ELF file of this machine's word size)
 * or another negative errno. */
int elf_module_read(const char *path, struct elf_module *out);

/** Run-time address minus ELF address, given that the file's byte `offset` is mapped at `start`. */
uint64_t elf_module_bias(const struct elf_module *module, uint64_t start, uint64_t offset);

/** The probe's name for an event kind ("task_new"), into `name`. Returns false for no such kind. */
bool elf_module_probe_name(unsigned kind, char *name, size_t size);

#endif
