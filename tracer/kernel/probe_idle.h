/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * probe_idle.h - a uprobe whose BPF program does nothing: what a hit costs at least.
 */
#ifndef TRACER_PROBE_IDLE_H
#define TRACER_PROBE_IDLE_H

#include <stdint.h>
#include <sys/types.h>

/**
 * Places one at `offset` (bytes) of the file `path`, for the process `pid`.
 * Returns a file descriptor, whose closing takes it away, or a negative errno.
 */
int probe_idle_place(pid_t pid, const char *path, uint64_t offset);

/** The same at an address in this process, for `pid`: this process or a fork of it. */
int probe_idle_here(pid_t pid, uint64_t address);

#endif
