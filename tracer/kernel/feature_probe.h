/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * feature_probe.h - the small functions that ask the kernel, one a feature; for feature*.c alone.
 *
 * Each fills in `detail` (FEATURE_DETAIL bytes) with how it is known, and returns whether the
 * feature is there.
 */
#ifndef TRACER_FEATURE_PROBE_H
#define TRACER_FEATURE_PROBE_H

#include <stdbool.h>
#include <stddef.h>

#include "feature.h"
#include "kernel_btf.h"

struct probe_context {
	struct kernel_btf *btf; /* NULL: none */
	int btf_error;
	unsigned major, minor;
	bool permitted; /* programs can be loaded: else the version decides */
};

/* feature_kernel.c: what the kernel has */
bool feature_probe_btf(const struct probe_context *context, char *detail);
bool feature_probe_uprobe(const struct probe_context *context, char *detail);
bool feature_probe_semaphore(const struct probe_context *context, char *detail);
bool feature_probe_nop5(const struct probe_context *context, char *detail);
bool feature_probe_sched_switch(const struct probe_context *context, char *detail);
bool feature_probe_exit_order(const struct probe_context *context, char *detail);
bool feature_probe_prepare_exec(const struct probe_context *context, char *detail);
bool feature_probe_signal_deliver(const struct probe_context *context, char *detail);
bool feature_probe_syscall_events(const struct probe_context *context, char *detail);

/* feature_try.c: what our programs are made of */
bool feature_probe_bpf(const struct probe_context *context, char *detail);
struct feature_need;
/** Is all that a row stands for there? `detail` names what is not. */
bool feature_probe_needs(const struct probe_context *context, enum feature_id row, char *detail);
/** Is this there? Tried, or, where that is not permitted, by the version. */
bool feature_need_there(const struct probe_context *context, const struct feature_need *need);

/* feature_permission.c: what this process may */
bool feature_probe_perfmon(const struct probe_context *context, char *detail);
bool feature_probe_ptrace(const struct probe_context *context, char *detail);
bool feature_probe_paranoid(const struct probe_context *context, char *detail);
bool feature_probe_unprivileged(const struct probe_context *context, char *detail);
bool feature_probe_lockdown(const struct probe_context *context, char *detail);

/** Fills in `detail` and gives `present` back, so that both are one expression. */
bool feature_told(char *detail, bool present, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** Reads the first line of a small file. False: there is none. */
bool feature_line(const char *path, char *line, size_t size);

#endif
