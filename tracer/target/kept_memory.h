/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kept_memory.h - the memory of another process, which can be kept beyond its end.
 *
 * What a program ran last is often read after it has ended: facts arrive a moment late. An open
 * /proc/PID/mem does not keep the memory, but a read() of it that is under way does
 * (fs/proc/base.c, mem_rw: mmget_not_zero until it is done). kept_memory_keep starts such a read
 * in a thread of ours and lets it wait in the kernel, where it copies to a page that is not there
 * yet (userfaultfd). The target is never stopped and ends as ever; when we die, the kernel ends the
 * read. Until the memory is given up it costs what the target used.
 */
#ifndef KEPT_MEMORY_H
#define KEPT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct kept_memory;

/** Opens the memory that the process has now; what it has after an exec is another one. 0 or a
 * negative errno. */
int kept_memory_open(pid_t pid, struct kept_memory **out);

/** Gives the memory up, kept or not. NULL is allowed. */
void kept_memory_close(struct kept_memory *memory);

/** Opens what the process has now in place of what was open. 0 or a negative errno: then the old
 * one stays open. */
int kept_memory_renew(struct kept_memory *memory, pid_t pid);

/** Reads `size` bytes at `address`: 0, -EFAULT (not all of it is mapped) or -ESRCH (it is gone). */
int kept_memory_read(const struct kept_memory *memory, uint64_t address, void *out, size_t size);

/** From now on the memory stays readable when the process ends. Needs CAP_SYS_PTRACE (or
 * vm.unprivileged_userfaultfd). 0 or a negative errno: then it is not kept. Waits until it is. */
int kept_memory_keep(struct kept_memory *memory);

/** Is it kept? */
bool kept_memory_kept(const struct kept_memory *memory);

/** Ends the keeping: what is open stays readable as long as the process has it. */
void kept_memory_release(struct kept_memory *memory);

/** Has the process another memory by now (exec)? False when that cannot be told. */
bool kept_memory_replaced(const struct kept_memory *memory, pid_t pid);

#endif
