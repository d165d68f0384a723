/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * processes.h - the processes that a process has started, as /proc shows them.
 */
#ifndef TRACER_PROCESSES_H
#define TRACER_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct process {
	pid_t pid;
	pid_t parent;
	uint64_t start_time; /* clock ticks after boot: with pid, which process it is */
};

/**
 * All processes of the machine, as proc(5), /proc/PID/stat has them (fields 1,
 * 4 and 22), in no order. Free *out with free(). Returns how many, or a
 * negative errno. One that ends meanwhile is left out.
 */
long processes_read(struct process **out);

/** The /proc/PID/stat line of a process, parsed. False: it is none. `line` is untrusted: a command
 * name may hold blanks and brackets. */
bool process_parse(const char *line, struct process *out);

#endif
