/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernel_btf.h - what the kernel's type information (BTF) says it has.
 *
 * Reads /sys/kernel/btf/vmlinux by itself: feature.c must work where nothing
 * of BPF is permitted.
 */
#ifndef TRACER_KERNEL_BTF_H
#define TRACER_KERNEL_BTF_H

#include <stdbool.h>
#include <stddef.h>

struct kernel_btf;

/** Reads the file (NULL: the running kernel's). Returns 0, -EPROTO (not BTF, or cut off) or a
 * negative errno. */
int kernel_btf_open(const char *path, struct kernel_btf **out);

void kernel_btf_close(struct kernel_btf *btf); /* takes NULL */

/** True if the kernel has a function of this name (a kfunc, say). */
bool kernel_btf_has_function(const struct kernel_btf *btf, const char *name);

/** How many arguments a tracepoint has, or -1: there is no such tracepoint. */
int kernel_btf_tracepoint(const struct kernel_btf *btf, const char *name);

#endif
