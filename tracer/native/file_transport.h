/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file_transport.h - live events of a C target through files, without BPF.
 *
 * A target started with AWAITNESS_LOG=DIR writes batches (struct aw_batch and
 * records) to DIR/PID.TID.log and keeps the log it fills in a shared mapping
 * of DIR/PID.TID.head, so that what a killed target had not written is still
 * there. This source follows the files while the target runs.
 */
#ifndef TRACER_FILE_TRANSPORT_H
#define TRACER_FILE_TRANSPORT_H

#include <sys/types.h>

#include "event/source.h"
#include "target/target.h"

#define FILE_TRANSPORT_ENV "AWAITNESS_LOG"

struct file_transport_options {
	const char *directory;       /* what AWAITNESS_LOG named; ours to read */
	pid_t pid;                   /* whose end is waited for; as this process knows it. 0: read
	                              * what is there, nothing is running any more */
	const struct target *target; /* described before the first event; NULL: not described */
};

/**
 * Opens the folder. Returns 0 or a negative errno. Files of children of the
 * target (fork) in the same folder are read too: streams are told apart by pid.
 * The source ends when `pid` is gone and all was read. While it follows a
 * program (`pid` not 0) it gives back the disk room of what it has read; it does not delete files.
 */
int file_transport_open(const struct file_transport_options *options, struct source **out);

#endif
