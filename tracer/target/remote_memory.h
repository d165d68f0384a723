/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * remote_memory.h - another process's memory, a page at a time and each page once.
 *
 * For walks over very many small objects: a system call for each word of 100,000
 * tasks costs seconds. Pages next to one that was read before are read in
 * advance. What was read stays as it was until remote_memory_forget().
 */
#ifndef TRACER_REMOTE_MEMORY_H
#define TRACER_REMOTE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct remote_memory;

/** 0 or -ENOMEM. */
int remote_memory_new(pid_t pid, struct remote_memory **out);
void remote_memory_free(struct remote_memory *memory); /* takes NULL */

/** What is read from now on is what stands there from now on. */
void remote_memory_forget(struct remote_memory *memory);

/** Reads again what was read since then. True: all of it is still the same, so that it stood there
 * at one moment. False: not so, or not known; forget it. */
bool remote_memory_unchanged(struct remote_memory *memory);

/** Reads `size` bytes. 0, -EFAULT (not all of it is mapped) or what process_vm_readv says.
 * `memory`: a struct remote_memory. */
int remote_memory_read(void *memory, uint64_t address, void *out, size_t size);

/** The same past the pages that are kept, in one system call. `pid` points to a pid_t. */
int remote_memory_now(void *pid, uint64_t address, void *out, size_t size);

#endif
